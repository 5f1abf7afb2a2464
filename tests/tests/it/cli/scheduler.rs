//! `schedule run`.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use zen_core::graph::PipelineOutput;
use zen_core::prelude::*;
use zen_core::schedule::Schedule;
use zen_tests::commanded::{apart, lingering};

use super::project::{Project, Said};
use crate::support::{eventually, eventually_async};

/// Schedules what is due at once, and once.
async fn scheduled<T: PipelineOutput>(project: &Project, name: &str, pipeline: Pipeline<T>) {
    let stack = Stack::builder()
        .home(project.home())
        .program(env!("CARGO_BIN_EXE_command"))
        .build()
        .unwrap();
    let once = Schedule::every(Duration::from_millis(1))
        .unwrap()
        .max_runs(1)
        .unwrap();
    pipeline.schedule(name, once).on(&stack).await.unwrap();
}

fn slots(project: &Project, name: &str) -> Vec<String> {
    let described = project.json(&["schedule", "describe", name]);
    let slots = described["slots"].as_array().unwrap().iter();
    slots
        .map(|slot| slot["state"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_is_due_is_run_for_a_time() {
    let project = Project::empty();
    scheduled(&project, "once", apart(10)).await;
    eventually_async("the slot has been fired", || {
        let said = project.zen(&["schedule", "run", "--for", "3s", "--output", "json"]);
        assert_eq!(said.json()["cancelled"], false);
        project.runs("apart").len() == 1
    })
    .await;
    let fired = slots(&project, "once");
    assert_eq!(
        fired.iter().filter(|state| *state == "completed").count(),
        1,
        "{fired:?}"
    );
    let run = project.json(&["run", "show", "apart"]);
    assert_eq!(
        (&run["status"], &run["schedule"]),
        (&"completed".into(), &"once".into())
    );
    // Nothing is due any more.
    assert_eq!(project.zen(&["schedule", "run", "--for", "0s"]).code, 0);
    assert_eq!(project.runs("apart").len(), 1);
}

#[tokio::test]
async fn a_scheduler_ends_when_it_is_told() {
    for (signal, grace, code) in [
        (Signal::TERM, "60s", 0),
        (Signal::INT, "60s", 0),
        (Signal::TERM, "0s", 4),
    ] {
        let project = Project::empty();
        let folder = project.folder().display().to_string();
        scheduled(&project, "long", lingering(folder)).await;
        let mut command = project.command(&["schedule", "run", "--grace", grace, "--output=json"]);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let journal = project.folder().join("journal");
        eventually("the run goes on", || {
            std::fs::read_to_string(&journal).is_ok_and(|text| text.contains("waiting"))
        });
        kill_process(Pid::from_child(&child), signal).unwrap();
        if code == 0 {
            // It lets the run end.
            std::fs::write(project.folder().join("gate"), "").unwrap();
        }
        let said = Said::of(child.wait_with_output().unwrap());
        assert_eq!(said.code, code, "{}", said.err);
        let ended: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(ended["cancelled"], code != 0);
        let run = project.json(&["run", "show", "lingering"]);
        assert_eq!(run["status"], if code == 0 { "completed" } else { "cancelled" });
    }
}
