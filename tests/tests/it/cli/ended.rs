//! Runs that end otherwise than they should: failed, interrupted, cancelled from elsewhere, killed; and how they are gone on with.

use std::fs;
use std::io::Read;
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::project::{Project, Said};
use crate::support::eventually;

/// How often a step has noted that it was there.
fn noted(project: &Project, line: &str) -> usize {
    let journal = fs::read_to_string(project.folder().join("journal")).unwrap_or_default();
    journal.lines().filter(|noted| *noted == line).count()
}

fn folder(project: &Project) -> String {
    format!("--param=folder={}", project.folder().display())
}

fn open_the_gate(project: &Project) {
    fs::write(project.folder().join("gate"), "").unwrap();
}

/// A run that goes on, past its first step.
fn going_on(project: &Project, more: &[&str]) -> Child {
    let folder = folder(project);
    let words = [&["pipeline", "run", "lingering", folder.as_str()], more].concat();
    let mut command = project.command(&words);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("the step waits", || noted(project, "waiting") > 0);
    // What was finished before is recorded by then.
    eventually("the first step is recorded", || {
        let shown = project.zen(&["run", "show", "lingering", "--output=json"]);
        shown.code == 0 && status_of(&shown.json(), "prepared") == "completed"
    });
    child
}

fn status_of(run: &Value, step: &str) -> String {
    let steps = run["steps"].as_array().unwrap();
    let step = steps.iter().find(|one| one["name"] == step);
    step.map_or("", |step| step["status"].as_str().unwrap())
        .to_owned()
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn a_failed_run_is_gone_on_with() {
    let project = Project::empty();
    let folder = folder(&project);
    let run = ["pipeline", "run", "guarding", folder.as_str(), "--output=json"];
    let said = project.zen(&run);
    assert_eq!(said.code, 1, "{}", said.err);
    let failed: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(failed["status"], "failed");
    let error = said.error();
    assert_eq!(error["kind"], "failed");
    assert!(
        error["message"].as_str().unwrap().contains("the gate is closed"),
        "{error}"
    );
    assert!(error["help"].as_str().unwrap().contains("run resume"), "{error}");
    let said = project.zen(&run[..4]);
    assert_eq!(said.code, 1);
    assert!(
        said.out.contains(" failed in ") && said.out.lines().count() == 1,
        "{}",
        said.out
    );
    assert!(said.err.contains("the gate is closed"), "{}", said.err);

    open_the_gate(&project);
    let id = failed["id"].as_str().unwrap();
    let resumed = project.json(&["run", "resume", id]);
    assert_eq!(resumed["status"], "completed");
    let shown = project.json(&["run", "show", resumed["id"].as_str().unwrap()]);
    assert_eq!(status_of(&shown, "prepared"), "cached");
    assert_eq!(status_of(&shown, "guarded"), "completed");
    assert_eq!((noted(&project, "prepared"), noted(&project, "guarded")), (2, 3));
    let missing = project.zen(&["run", "resume", "guardin"]);
    assert_eq!(missing.code, 3);
    assert!(missing.err.contains("did you mean `guarding`"), "{}", missing.err);
}

#[test]
fn an_interrupted_run_is_cancelled() {
    for interrupt in [Signal::INT, Signal::TERM] {
        let project = Project::empty();
        let child = going_on(&project, &["--output", "json"]);
        signal(&child, interrupt);
        let said = Said::of(child.wait_with_output().unwrap());
        assert_eq!(said.code, 4, "{}", said.err);
        let run: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(run["status"], "cancelled");
        let error: Value = serde_json::from_str(said.err.lines().last().unwrap()).unwrap();
        assert_eq!(error["error"]["kind"], "cancelled");
        assert_eq!(project.json(&["run", "show", "lingering"])["status"], "cancelled");
        open_the_gate(&project);
        assert_eq!(
            project.json(&["run", "resume", "lingering"])["status"],
            "completed"
        );
        assert_eq!(noted(&project, "prepared"), 1);
    }
}

#[test]
fn a_run_is_cancelled_from_elsewhere() {
    let project = Project::empty();
    let child = going_on(&project, &[]);
    let refused = project.zen(&["run", "cancel", "lingering"]);
    assert_eq!(
        (refused.code, refused.out.as_str()),
        (2, ""),
        "nobody can be asked"
    );
    let cancelled = project.json(&["run", "cancel", "lingering", "--yes"]);
    assert_eq!(cancelled["status"], "cancelled");
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(said.out.contains(" cancelled in "), "{}", said.out);
    // Once more changes nothing.
    let again = project.zen(&["run", "cancel", "lingering", "--yes"]);
    assert_eq!(again.code, 0);
    assert!(again.out.contains("had ended before: cancelled"), "{}", again.out);
    assert_eq!(project.zen(&["run", "cancel", "lingerign", "--yes"]).code, 3);
    open_the_gate(&project);
    assert_eq!(
        project.json(&["run", "resume", "lingering"])["status"],
        "completed"
    );
    let ended = project.json(&["run", "cancel", "lingering", "--yes"]);
    assert_eq!(ended["status"], "completed");
}

#[test]
fn a_killed_run_is_gone_on_with() {
    let project = Project::empty();
    let mut child = going_on(&project, &["--quiet"]);
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "", "it said nothing of an end");
    let died = project.json(&["run", "show", "lingering"]);
    assert_eq!((&died["status"], &died["died"]), (&json!("failed"), &json!(true)));
    let told = project.json(&["run", "cancel", "lingering", "--yes"]);
    assert_eq!(told["status"], "failed");
    open_the_gate(&project);
    let resumed = project.json(&["run", "resume", died["id"].as_str().unwrap()]);
    assert_eq!(resumed["status"], "completed");
    let shown = project.json(&["run", "show", resumed["id"].as_str().unwrap()]);
    assert_eq!(status_of(&shown, "prepared"), "cached");
    assert_eq!((noted(&project, "prepared"), noted(&project, "waiting")), (1, 2));
}

/// Whoever read the output has left: the run is done all the same.
#[test]
fn a_reader_that_leaves_ends_no_run() {
    let project = Project::empty();
    let mut child = going_on(&project, &[]);
    drop(child.stdout.take());
    drop(child.stderr.take());
    open_the_gate(&project);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(project.json(&["run", "show", "lingering"])["status"], "completed");
}
