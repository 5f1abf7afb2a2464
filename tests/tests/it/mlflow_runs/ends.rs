//! How runs end when something ends that shouldn't.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use zen_core::metadata::TrackingState;
use zen_core::prelude::*;
use zen_tests::mlflow::Server;

use super::{entry, project, runs_of};
use crate::stacks::Project;
use crate::support::eventually;

fn program(project: &Project, argument: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_tracked"))
        .arg(argument)
        .current_dir(project.path())
        .env("ZEN_HOME", project.home())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// One that is in its step, of which MLflow has heard.
fn waiting(project: &Project, server: &Server) -> Child {
    let mut child = program(project, "wait");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line.trim(), "waiting");
    let heard = || {
        let runs = runs_of(server, "waiting");
        runs.iter().any(|run| entry(run, "metrics", "progress").is_some())
    };
    eventually("what is logged is there while the step goes on", heard);
    child
}

fn status(server: &Server) -> String {
    let runs = runs_of(server, "waiting");
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0]["info"]["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_program_that_is_killed_leaves_a_run_that_the_next_one_ends() {
    let Some(server) = Server::start() else { return };
    let project = project(&server, "");
    let mut child = waiting(&project, &server);
    assert_eq!(status(&server), "RUNNING");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(status(&server), "RUNNING");
    assert!(program(&project, "end").wait().unwrap().success());
    assert_eq!(status(&server), "FAILED");
    let stack = project.choose().open().unwrap();
    let run = Client::of(stack).last_run("waiting").unwrap();
    let ended = runs_of(&server, "waiting")[0]["info"]["end_time"].clone();
    assert_eq!(ended, run.ended().unwrap().timestamp_millis());
    assert_eq!(run.tracking().unwrap().unwrap().state, TrackingState::Incomplete);
}

#[cfg(unix)]
#[test]
fn a_run_that_is_cancelled_is_killed_in_mlflows_words() {
    let Some(server) = Server::start() else { return };
    let project = project(&server, "");
    let mut child = waiting(&project, &server);
    let pid = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    child.wait().unwrap();
    assert_eq!(status(&server), "KILLED");
}

#[step(cache = false)]
fn logs(ctx: &StepContext, count: u64) -> Result<u64> {
    for n in 0..count {
        ctx.log_metric("value", n)?;
    }
    Ok(count)
}

#[pipeline]
fn mlflow_logging(count: u64) -> Artifact<u64> {
    logs(count)
}

#[tokio::test]
async fn a_server_that_hangs_or_is_gone_harms_no_run_and_gets_the_next_ones() {
    let Some(mut server) = Server::start() else { return };
    let project = project(&server, "flush_timeout = 1");
    let toml = project.path().join("zen.toml");
    // The registry has no such key.
    let text = std::fs::read_to_string(&toml).unwrap();
    let (tracker, registry) = text.split_once("[components.model_registry").unwrap();
    let registry = registry.replace("flush_timeout = 1", "");
    std::fs::write(&toml, format!("{tracker}[components.model_registry{registry}")).unwrap();
    let stack = project.choose().open().unwrap();
    let run = || mlflow_logging(2000).launch().on(&stack).quiet().run();
    server.freeze();
    let frozen = run().await.unwrap().tracking().unwrap().unwrap();
    server.thaw();
    server.crash();
    let down = run().await.unwrap().tracking().unwrap().unwrap();
    for tracking in [&frozen, &down] {
        assert_eq!(tracking.state, TrackingState::Lost);
        let metrics = tracking
            .undelivered
            .iter()
            .find(|entry| entry.what.contains("`value`"));
        assert_eq!(metrics.unwrap().count, 2000);
        let error = tracking.error.as_ref().unwrap();
        assert!(
            error.contains("is unavailable") || error.contains("didn't answer"),
            "{error}"
        );
    }
    server.start_again();
    let tracking = run().await.unwrap().tracking().unwrap().unwrap();
    assert_eq!(
        (tracking.state, &tracking.error),
        (TrackingState::Delivered, &None)
    );
}
