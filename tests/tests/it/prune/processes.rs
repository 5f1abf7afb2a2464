//! Several processes run pipelines with equal contents while another one prunes, and is killed again and again.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use zen_core::metadata::RunFilter;
use zen_core::prelude::*;
use zen_core::upkeep::{PrunePolicy, VerifyOptions};

/// Kills and reaps its process, also when the test panics.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn hoarder(home: &Path, arguments: &[&str]) -> Guard {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hoarder"));
    command
        .args(arguments)
        .env("ZEN_HOME", home)
        .env("ZEN_PROGRESS", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Guard(command.spawn().unwrap())
}

fn finish(mut process: Guard) {
    let status = process.0.wait().unwrap();
    let mut said = String::new();
    std::io::Read::read_to_string(&mut process.0.stderr.take().unwrap(), &mut said).unwrap();
    assert!(status.success(), "{said}");
}

/// Everything that any run refers to can be read, and is what was written.
async fn all_is_there(client: &Client) -> usize {
    let mut read = HashSet::new();
    for run in client.runs(&RunFilter::default()).unwrap() {
        assert_eq!(run.status(), Status::Completed, "{:?}", run.error());
        for step in run.steps().unwrap() {
            let record = step.record();
            let edges = record.inputs.len() + record.outputs.len();
            let artifacts: Vec<_> = step
                .inputs()
                .unwrap()
                .into_iter()
                .chain(step.outputs().unwrap())
                .collect();
            assert_eq!(artifacts.len(), edges, "an artifact of {} is gone", step.name());
            if step.status() == Status::Cached {
                assert!(
                    step.origin().unwrap().is_some(),
                    "the origin of {} is gone",
                    step.name()
                );
            }
            for (_, artifact) in artifacts {
                if read.insert(artifact.id()) {
                    artifact.bytes().await.unwrap();
                }
            }
        }
    }
    read.len()
}

#[tokio::test]
async fn nothing_is_lost_while_others_run_and_prunes_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".zen");
    let rounds = 120;
    let text = rounds.to_string();
    let mut running: Vec<Guard> = (1..=2)
        .map(|seed| hoarder(&home, &["run", &seed.to_string(), &text]))
        .collect();
    let mut killed = 0;
    while running
        .iter_mut()
        .any(|process| process.0.try_wait().unwrap().is_none())
    {
        let mut pruner = hoarder(&home, &["prune", "1000000"]);
        let mut lines = BufReader::new(pruner.0.stdout.take().unwrap()).lines();
        // At any moment of some prune.
        let bits = uuid::Uuid::now_v7().as_u128() as u64;
        for _ in 0..1 + bits % 7 {
            lines.next().expect("the pruner says when it begins").unwrap();
        }
        std::thread::sleep(Duration::from_micros(bits / 7 % 30_000));
        assert!(
            pruner.0.try_wait().unwrap().is_none(),
            "the pruner failed by itself"
        );
        pruner.0.kill().unwrap();
        pruner.0.wait().unwrap();
        killed += 1;
    }
    running.into_iter().for_each(finish);
    assert!(killed > 0);
    let stack = Stack::builder().home(&home).build().unwrap();
    let client = Client::of(stack.clone());
    let read = all_is_there(&client).await;
    assert!(read > 0);

    // The next prune finishes what those that were killed had begun.
    let policy = PrunePolicy::keep_last(2).with_unreferenced_objects();
    let would = client.prune(&policy, true).await.unwrap();
    let report = client.prune(&policy, false).await.unwrap();
    assert_eq!(
        (report.planned, report.removed),
        (would.planned, would.planned),
        "{report}"
    );
    assert!(report.waiting_for.is_empty(), "{report}");
    assert!(stack.metadata().pending_prunes().unwrap().is_empty());
    all_is_there(&client).await;
    let verified = client.verify(VerifyOptions::all(), |_| ()).await.unwrap();
    assert!(
        verified.is_sound() && verified.unreferenced.is_empty(),
        "{verified}"
    );
    let left = client.runs(&RunFilter::default()).unwrap().len();
    assert!(left < rounds, "{left} runs are left");
    let again = client.prune(&policy, true).await.unwrap();
    assert_eq!(again.planned, Default::default(), "{again}");
}
