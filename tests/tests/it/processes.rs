//! Real processes: killed, interrupted, several at once.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use zen_core::prelude::*;

use crate::support::eventually;

/// Kills and reaps its process, also when the test panics.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn victim(home: &Path, journal: &Path, mode: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_victim"));
    command
        .arg(journal)
        .arg(mode)
        .env("ZEN_HOME", home)
        .env_remove("VICTIM_BLOCK")
        .stdout(Stdio::piped());
    command
}

fn output(mut command: Command) -> String {
    let output = command.stderr(Stdio::piped()).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn journal_counts(journal: &Path) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for line in std::fs::read_to_string(journal).unwrap_or_default().lines() {
        *counts.entry(line.to_owned()).or_insert(0) += 1;
    }
    counts
}

/// Starts the victim and waits until it blocks in `step`.
fn blocked(home: &Path, journal: &Path, mode: &str, step: &str) -> Guard {
    let mut child = Guard(
        victim(home, journal, mode)
            .env("VICTIM_BLOCK", step)
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line.trim(), "blocked");
    child
}

/// The names of the steps that the last run, and the runs it continues, are recorded to have finished.
fn done(home: &Path) -> HashSet<String> {
    let client = Client::of(Stack::builder().home(home).build().unwrap());
    let mut done = HashSet::new();
    let mut next = Some(client.last_run("victim").unwrap());
    while let Some(run) = next {
        assert_eq!(run.status(), Status::Failed);
        assert!(run.error().unwrap().contains("died"), "{:?}", run.error());
        let steps = run.steps().unwrap();
        assert!(
            steps.iter().all(|step| step.status().is_final()),
            "a dead run's step is still under way"
        );
        done.extend(
            steps
                .iter()
                .filter(|step| step.status().is_success())
                .map(|step| step.name().to_owned()),
        );
        next = run.record().resumed_from.map(|run| client.run(run).unwrap());
    }
    done
}

#[test]
fn killed_midway_and_resumed_nothing_finished_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = output(victim(&folder.path().join("a"), &folder.path().join("ja"), "run"));
    let (home, journal) = (folder.path().join("b"), folder.path().join("jb"));
    let mut finished = HashSet::new();
    for (round, step) in ["grow[5]", "link", "link_4", "link_9"].into_iter().enumerate() {
        let mut child = blocked(&home, &journal, if round == 0 { "run" } else { "resume" }, step);
        // Recorded while the program still runs, as anyone can see.
        let previous = ["seed", "grow.each", "link_3", "link_8"][round];
        let client = Client::of(Stack::builder().home(&home).build().unwrap());
        let recorded = || client.last_run("victim").and_then(|run| run.step(previous));
        eventually("the step is recorded", || {
            recorded().is_ok_and(|step| step.status().is_success())
        });
        child.0.kill().unwrap();
        child.0.wait().unwrap();
        let before = journal_counts(&journal);
        let done = done(&home);
        assert!(
            done.is_superset(&finished),
            "a resumed run forgot a finished step"
        );
        finished.clone_from(&done);
        // The next round, or the last one, must not execute them again.
        let counts = move |after: &HashMap<String, usize>| {
            for step in done.iter().filter(|step| before.contains_key(*step)) {
                assert_eq!(
                    before[step], after[step],
                    "`{step}` had finished and was executed again"
                );
            }
        };
        if round == 3 {
            assert!(
                finished.len() > 15,
                "only {finished:?} were recorded before the last kill"
            );
            assert_eq!(output(victim(&home, &journal, "resume")), undisturbed);
        } else {
            drop(blocked(&home, &journal, "resume", step));
        }
        counts(&journal_counts(&journal));
    }
    // A run that has completed is not resumed: a new one begins, and these steps are never cached.
    assert_eq!(output(victim(&home, &journal, "resume")), undisturbed);
    assert_eq!(journal_counts(&journal)["seed"], 2);
}

#[cfg(unix)]
#[test]
fn an_interrupt_cancels_and_a_second_one_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (home, journal) = (folder.path().join("h"), folder.path().join("j"));
    let mut child = blocked(&home, &journal, "run", "link_2");
    let interrupt = || {
        let sent = Command::new("kill")
            .args(["-INT", &child.0.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    };
    let stack = Stack::builder().home(&home).build().unwrap();
    let run = Client::of(stack).last_run("victim").unwrap();
    interrupt();
    // The blocked body can't be stopped, but what waits is cancelled at once.
    while !run
        .step("link_3")
        .is_ok_and(|step| step.status() == Status::Cancelled)
    {
        std::thread::yield_now();
    }
    interrupt();
    assert_eq!(child.0.wait().unwrap().code(), Some(130));
    let client = Client::of(Stack::builder().home(&home).build().unwrap());
    let run = client.last_run("victim").unwrap();
    assert_eq!(
        (run.status(), run.step("link_2").unwrap().status()),
        (Status::Cancelled, Status::Cancelled)
    );
    assert!(
        run.error().unwrap().contains("interrupted twice"),
        "{:?}",
        run.error()
    );
}

#[test]
fn several_programs_run_different_pipelines_over_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("h");
    let children: Vec<_> = (0..9)
        .map(|i| {
            let mut command = victim(
                &home,
                &folder.path().join(format!("j{i}")),
                if i < 6 { "run" } else { "other" },
            );
            command.stderr(Stdio::piped()).spawn().map(Guard).unwrap()
        })
        .collect();
    for mut child in children {
        let mut errors = String::new();
        std::io::Read::read_to_string(&mut child.0.stderr.take().unwrap(), &mut errors).unwrap();
        assert!(child.0.wait().unwrap().success(), "{errors}");
    }
    let client = Client::of(Stack::builder().home(&home).build().unwrap());
    let runs = client.runs(&zen_core::metadata::RunFilter::default()).unwrap();
    assert_eq!(runs.len(), 9);
    assert!(runs.iter().all(|run| run.status() == Status::Completed));
    // Every program made the same versions of the same artifact, numbered once each.
    assert_eq!(client.artifact("victim.link_10", None).unwrap().version(), 6);
    let live = std::fs::read_dir(home.join("live")).unwrap().count();
    assert!(live <= 1, "{live} dead processes left their marks");
}

#[test]
fn a_live_run_of_another_process_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (home, journal) = (folder.path().join("h"), folder.path().join("j"));
    let child = blocked(&home, &journal, "run", "link");
    let stack = Stack::builder().home(&home).build().unwrap();
    let run = Client::of(stack.clone()).last_run("victim").unwrap();
    assert_eq!(
        (run.status(), stack.settle_dead_runs().unwrap()),
        (Status::Running, 0)
    );
    let error = Command::new(env!("CARGO_BIN_EXE_victim"))
        .arg(&journal)
        .arg("resume")
        .env("ZEN_HOME", &home)
        .output();
    let error = String::from_utf8(error.unwrap().stderr).unwrap();
    assert!(
        error.contains("can't be resumed: it is running in process"),
        "{error}"
    );
    drop(child);
    assert_eq!(stack.settle_dead_runs().unwrap(), 1);
}

#[test]
fn progress_is_plain_lines_and_quiet_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let lines = |progress: &str| {
        let mut command = victim(&folder.path().join("h"), &folder.path().join("j"), "other");
        let output = command
            .env("ZEN_PROGRESS", progress)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let first = lines("on");
    let has =
        |text: &str, line: &str| assert!(text.lines().any(|l| l.contains(line)), "no `{line}` in\n{text}");
    for line in [
        "other: run ",
        "  words runs",
        "  words completed in ",
        "  letters.each completed in ",
    ] {
        has(&first, line);
    }
    has(&first, "(52 completed)");
    // The fifty elements are one line, that of the step that collects them.
    assert!(
        !first.contains("letters[") && first.lines().count() < 8,
        "{first}"
    );
    has(&lines("on"), "  words taken from the cache");
    assert_eq!(lines("off"), "");
}
