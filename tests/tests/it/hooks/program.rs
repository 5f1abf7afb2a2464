//! Hooks of real programs: their end, Ctrl-C, `kill -9`, and steps in processes of their own.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use zen_core::prelude::*;

use super::notes::recorded;

struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join(".zen")
    }

    fn journal(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path()).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    fn start(&self, what: &str) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hooked"))
            .arg(self.path())
            .arg(what)
            .env("ZEN_HOME", self.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Program { child, output }
    }

    fn run(&self, pipeline: &str) -> RunView {
        let client = Client::of(Stack::builder().home(self.home()).build().unwrap());
        client.last_run(pipeline).unwrap()
    }
}

/// Kills and reaps its process, also when the test panics.
struct Program {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Waits until a hook says that it has begun.
    fn hooked(&mut self) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "hook");
    }

    #[cfg(unix)]
    fn interrupt(&self) {
        let sent = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// The exit code and what it said on standard error.
    fn end(&mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        let mut errors = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .unwrap();
        (self.child.wait().unwrap().code(), errors)
    }
}

#[test]
fn a_program_ends_when_its_hooks_have_ended() {
    let project = Project::new();
    let mut program = project.start("waiting");
    program.hooked();
    assert!(program.child.try_wait().unwrap().is_none());
    assert!(project.journal().is_empty());
    program
        .child
        .stdin
        .as_mut()
        .unwrap()
        .write_all(b"go on\n")
        .unwrap();
    let (code, errors) = program.end();
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(
        project.journal(),
        ["step `short` completed", "the program goes on: completed"]
    );
    assert_eq!(recorded(&project.run("waiting")), ["waits short success"]);
}

#[cfg(unix)]
#[test]
fn an_interrupt_beside_a_step_cancels_the_run_and_gives_hooks_up() {
    let project = Project::new();
    let mut program = project.start("beside_a_step");
    program.hooked();
    program.interrupt();
    let (code, errors) = program.end();
    assert_eq!(code, Some(1), "{errors}");
    assert!(errors.contains("was cancelled: interrupted"), "{errors}");
    let run = project.run("beside_a_step");
    assert_eq!(run.status(), Status::Cancelled);
    assert_eq!(project.journal(), ["hangs"]);
    assert_eq!(
        recorded(&run),
        ["hangs hooked success: it was given up, because the run was cancelled or interrupted"]
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_when_only_hooks_are_left_stops_these_and_the_run_has_completed() {
    for (what, subject) in [("of_a_step", "hooked"), ("of_the_run", "run")] {
        let project = Project::new();
        let mut program = project.start(what);
        program.hooked();
        program.interrupt();
        let (code, errors) = program.end();
        assert_eq!(code, Some(0), "{errors}");
        assert!(
            errors.contains("interrupted (Ctrl-C or SIGTERM): waiting up to 100ms for the hooks"),
            "{errors}"
        );
        let run = project.run(what);
        assert_eq!(run.status(), Status::Completed);
        assert_eq!(project.journal(), ["hangs", "the program goes on: completed"]);
        assert_eq!(
            recorded(&run),
            [format!(
                "hangs {subject} success: it was given up, because the run was cancelled or interrupted"
            )]
        );
    }
}

#[test]
fn a_program_that_is_killed_calls_none_and_later_nobody_does() {
    let project = Project::new();
    let mut program = project.start("of_a_step");
    program.hooked();
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    settle(&project.home());
    let run = project.run("of_a_step");
    assert_eq!(run.status(), Status::Failed);
    assert_eq!(run.step("hooked").unwrap().status(), Status::Completed);
    assert_eq!(project.journal(), ["hangs"]);
    assert!(run.hooks().unwrap().is_empty());
}

fn settle(home: &Path) {
    let stack = Stack::builder().home(home).build().unwrap();
    stack.settle_dead_runs().unwrap();
}

#[cfg(unix)]
#[test]
fn those_of_a_step_in_a_process_of_its_own_are_called_in_the_programs() {
    for (what, code, event) in [("isolated", 0, "success"), ("aborting", 1, "failure")] {
        let project = Project::new();
        let mut program = project.start(what);
        let id = program.child.id();
        let (ended, errors) = program.end();
        assert_eq!(ended, Some(code), "{errors}");
        let journal = project.journal();
        assert!(journal[0].starts_with("step `apart` "), "{journal:?}");
        assert!(journal[0].ends_with(&format!(" in {id}")), "{journal:?}");
        let run = project.run("isolated");
        assert_eq!(recorded(&run), [format!("notes apart {event}")]);
    }
}
