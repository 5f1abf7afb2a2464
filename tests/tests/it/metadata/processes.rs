//! Several processes on one file, and processes that die.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use zen_core::metadata::{ArtifactFilter, Change, MetadataError, MetadataStore, RunFilter};

use super::samples::{artifact, fill};
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
