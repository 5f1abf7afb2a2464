//! Several processes on one file, and processes that die.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use zen_core::metadata::{
    ArtifactFilter, Change, LeaseOutcome, LeaseRecord, MetadataError, MetadataStore, RunFilter, ServiceFilter,
};

use super::samples::{artifact, fill, now, service};
use super::{database, open, refused};

/// What a child process shall do, and with which database.
const ROLE: &str = "ZEN_TEST_METADATA_ROLE";
const DATABASE: &str = "ZEN_TEST_METADATA_DATABASE";

const PROCESSES: usize = 8;
const TRANSACTIONS: usize = 1_000;
/// How many databases the processes create in a race.
const FRESH: usize = 50;

/// This test program again, to run [`child`] only.
pub(super) fn child_command(role: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "metadata::processes::child", "--nocapture"])
        .env(ROLE, role)
        .env(DATABASE, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// Not a test of its own: what the processes do that the other tests start.
#[test]
fn child() {
    let (Ok(role), Some(path)) = (std::env::var(ROLE), std::env::var_os(DATABASE)) else {
        return;
    };
    let path = PathBuf::from(path);
    match role.as_str() {
        "write" => write_as_child(&path),
        "crash" => {
            fill(&open(&path), 10);
            std::process::abort();
        }
        "lease" => count_under_a_lease(&path),
        "claim slots" => super::slots::claim_as_child(&path),
        "die with a lease" => {
            assert!(matches!(ask(&open(&path), None), LeaseOutcome::Held(_)));
            std::process::abort();
        }
        "open" => {
            assert!(matches!(refused(&path), MetadataError::Open { .. }));
            println!("refused");
        }
        other => panic!("no role {other}"),
    }
}

fn write_as_child(path: &Path) {
    println!("ready");
    // The parent says nothing; it closes the pipe when all processes are ready.
    std::io::stdin().read_line(&mut String::new()).unwrap();
    for n in 0..FRESH {
        // All processes go through the same files, and so meet at nearly every one of them.
        drop(open(&path.with_extension(n.to_string())));
    }
    let own = format!("of process {}", std::process::id());
    for _ in 0..4 {
        // Closing and opening again meets the other processes in the middle of their work.
        let store = open(path);
        for n in 0..TRANSACTIONS / 4 {
            let (shared, own) = (artifact("shared"), artifact(&own));
            let id = own.id;
            let changes = [
                Change::Artifact(Box::new(shared)),
                Change::Artifact(Box::new(own)),
            ];
            store.apply(&changes).unwrap();
            if n % 16 == 0 {
                assert!(
                    store.artifact(id).unwrap().is_some(),
                    "a process does not see what it wrote"
                );
            }
        }
    }
}

fn wait_until_ready(child: &mut Child) {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(
        lines.map(Result::unwrap).any(|line| line.ends_with("ready")),
        "a process ended before it was ready"
    );
}

#[test]
fn what_was_applied_survives_the_death_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let output = child_command("crash", &path)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success(), "the process should have died");
    let store = open(&path);
    let runs = store.runs(&RunFilter::default()).unwrap();
    assert_eq!(runs.len(), 1);
    let steps = store.steps(runs[0].id).unwrap();
    assert_eq!(steps.len(), 10);
    for step in steps {
        assert_eq!(store.logs(step.id, 0, 9).unwrap().len(), 1);
        let output = store.artifact(step.outputs[0].artifact).unwrap().unwrap();
        assert!(store.object(output.digest).unwrap().is_some());
    }
}

#[test]
fn eight_processes_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let mut children: Vec<_> = (0..PROCESSES)
        .map(|_| child_command("write", &path).spawn().unwrap())
        .collect();
    children.iter_mut().for_each(wait_until_ready);
    // Only now does any of them create the database.
    children.iter_mut().for_each(|child| drop(child.stdin.take()));
    for child in &mut children {
        assert!(child.wait().unwrap().success(), "a process failed");
    }

    let store = open(&path);
    let names = store.artifact_names().unwrap();
    assert_eq!(names.len(), 1 + PROCESSES);
    for name in names {
        let expected = if name == "shared" {
            PROCESSES * TRANSACTIONS
        } else {
            TRANSACTIONS
        };
        let versions = store
            .artifacts(&ArtifactFilter {
                name: Some(name),
                ..ArtifactFilter::default()
            })
            .unwrap();
        assert_eq!(versions.len(), expected);
        let numbers: BTreeSet<u32> = versions.iter().map(|version| version.number).collect();
        assert_eq!(
            numbers,
            (1..).take(expected).collect(),
            "a number is missing or given twice"
        );
    }
}

/// The lease that the processes race for, and how often each of them gets it.
const LEASE: &str = "deploy/p/deployer/model";
const TURNS: usize = 50;
/// Against hanging for ever when nobody gives the lease back: far longer than the test takes.
const PATIENCE: Duration = Duration::from_secs(300);

/// Asks for the lease, which would be held for longer than any test.
fn ask(store: &dyn MetadataStore, takeover: Option<u64>) -> LeaseOutcome {
    let now = now();
    let holder = std::process::id().to_string();
    store
        .acquire_lease(LEASE, &holder, now, now + TimeDelta::hours(1), takeover)
        .unwrap()
}

fn fence(lease: &LeaseRecord) -> Change {
    Change::Fenced {
        key: lease.key.clone(),
        token: lease.token,
    }
}

/// Reads a number, adds one and writes it back: only a lease keeps two processes from doing it at once. The process that
/// holds the lease in the middle of its turns gives nothing back: the others wait until it has expired.
fn count_under_a_lease(path: &Path) {
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let store = open(path);
    let begun = Instant::now();
    let mut lost: Option<LeaseRecord> = None;
    for turn in 0..TURNS {
        let lease = loop {
            match ask(&store, None) {
                LeaseOutcome::Held(lease) => break lease,
                LeaseOutcome::Busy(_) => std::thread::yield_now(),
            }
            assert!(begun.elapsed() < PATIENCE, "the lease is never given back");
        };
        let mut counter = store.services(&ServiceFilter::default()).unwrap().remove(0);
        counter.version += 1;
        let late = counter.clone();
        store
            .apply(&[fence(&lease), Change::Service(Box::new(counter))])
            .unwrap();
        if let Some(lost) = lost.replace(lease.clone()) {
            let refused = store.apply(&[Change::Service(Box::new(late)), fence(&lost)]);
            assert!(
                matches!(refused, Err(MetadataError::Fenced { token, current, .. })
                    if token == lost.token && current == Some(lease.token)),
                "a process wrote with a token it had lost: {refused:?}"
            );
        }
        if turn == TURNS / 2 {
            // It ends at once instead of being given back.
            assert!(store.renew_lease(&lease, now()).unwrap());
        } else {
            store.release_lease(&lease).unwrap();
        }
    }
}

#[test]
fn processes_that_race_for_a_lease_work_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let store = open(&path);
    let counter = service("counter");
    store
        .apply(&[Change::Service(Box::new(counter.clone()))])
        .unwrap();
    let mut children: Vec<_> = (0..PROCESSES)
        .map(|_| child_command("lease", &path).spawn().unwrap())
        .collect();
    children.iter_mut().for_each(wait_until_ready);
    children.iter_mut().for_each(|child| drop(child.stdin.take()));
    for child in &mut children {
        assert!(child.wait().unwrap().success(), "a process failed");
    }

    let counted = store.service(counter.id).unwrap().unwrap();
    assert_eq!(
        counted.version as usize,
        PROCESSES * TURNS,
        "what a process did under the lease is lost"
    );
    let LeaseOutcome::Held(lease) = ask(&store, None) else {
        panic!("a lease that was given back is held");
    };
    assert_eq!(
        lease.token as usize,
        PROCESSES * TURNS + 1,
        "a token is missing or given twice"
    );
}

#[test]
fn the_lease_of_a_dead_process_is_taken_over_by_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let mut child = child_command("die with a lease", &path)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let holder = child.id().to_string();
    assert!(!child.wait().unwrap().success(), "the process should have died");

    let store = open(&path);
    let LeaseOutcome::Busy(dead) = ask(&store, None) else {
        panic!("the lease of a process that died is free before it expires");
    };
    assert_eq!(dead.holder, holder);
    let LeaseOutcome::Held(lease) = ask(&store, Some(dead.token)) else {
        panic!("the lease of a dead process was not taken over");
    };
    assert!(lease.token > dead.token);
    assert!(store.apply(&[fence(&dead)]).is_err());
    store.apply(&[fence(&lease)]).unwrap();
}
