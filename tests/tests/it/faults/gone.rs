//! Files that are deleted or damaged under a running program.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::Duration;

use zen_tests::torture::check::check;
use zen_tests::torture::child::{self, Which};
use zen_tests::torture::journal;

use crate::support::eventually;

/// A program over a store of its own.
pub struct Program {
    pub home: PathBuf,
    pub journal: PathBuf,
}

impl Program {
    pub fn new(folder: &Path, home: &Path) -> Self {
        Self {
            home: home.to_owned(),
            journal: folder.join("journal"),
        }
    }

    pub fn command(&self) -> Command {
        child::command(
            Path::new(env!("CARGO_BIN_EXE_torture")),
            &self.home,
            &self.journal,
            Which::Torture,
        )
    }

    /// Starts it and waits until it has noted so many more lines.
    pub fn start(&self, lines: usize) -> Guard {
        let before = journal::count(&self.journal);
        let guard = Guard(Some(self.command().spawn().unwrap()));
        eventually("the program has come so far", || {
            journal::count(&self.journal) >= before + lines
        });
        guard
    }

    /// Runs it to its end.
    pub fn run(&self) -> Output {
        self.start(0).end()
    }
}

/// A process that doesn't outlive the test.
pub struct Guard(Option<Child>);

impl Guard {
    /// Waits for its end, but not for ever.
    pub fn end(mut self) -> Output {
        let child = self.0.as_mut().unwrap();
        eventually("the program ends", || {
            std::thread::sleep(Duration::from_millis(1));
            child.try_wait().unwrap().is_some()
        });
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// It failed, without a panic, and said what with which file.
#[track_caller]
pub fn failed(output: &Output, names: &[&str]) -> String {
    let errors = text(&output.stderr);
    assert!(
        !output.status.success(),
        "it claims success: {}",
        text(&output.stdout)
    );
    assert!(
        output.status.code().is_some(),
        "a signal ended it: {:?} {errors}",
        output.status
    );
    assert!(!errors.contains("panicked"), "{errors}");
    for name in names {
        assert!(errors.contains(name), "no `{name}` in: {errors}");
    }
    errors
}

/// What it prints undisturbed.
pub fn undisturbed(folder: &Path) -> String {
    let folder = folder.join("undisturbed");
    std::fs::create_dir(&folder).unwrap();
    let output = Program::new(&folder, &folder.join(".zen")).run();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// It completes, and makes what it should.
#[track_caller]
pub fn completes(program: &Program, expected: &str) {
    let output = program.run();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), expected);
    let wrongs = check(&program.home).wrongs;
    assert!(wrongs.is_empty(), "{wrongs:?}");
}

fn remove(folder: &Path) {
    // The program may make a file while its folder is being emptied.
    eventually("the folder is gone", || {
        std::fs::remove_dir_all(folder).is_ok() || !folder.exists()
    });
}

#[test]
fn a_deleted_home_is_an_error_and_not_a_success() {
    let root = tempfile::tempdir().unwrap();
    let expected = undisturbed(root.path());
    for lines in [1, 20, 60, 110] {
        let folder = root.path().join(format!("at-{lines}"));
        std::fs::create_dir(&folder).unwrap();
        let program = Program::new(&folder, &folder.join(".zen"));
        let running = program.start(lines);
        remove(&program.home);
        failed(
            &running.end(),
            &[
                "metadata.db",
                "could not be recorded",
                "step `",
                "deleted or replaced",
            ],
        );
        // It may have made the folder again, for an object.
        completes(&program, &expected);
    }
}

#[test]
fn deleted_objects_are_made_again() {
    let root = tempfile::tempdir().unwrap();
    let expected = undisturbed(root.path());
    for lines in [10, 60, 110] {
        let folder = root.path().join(format!("at-{lines}"));
        std::fs::create_dir(&folder).unwrap();
        let program = Program::new(&folder, &folder.join(".zen"));
        let running = program.start(lines);
        remove(&program.home.join("artifacts"));
        let output = running.end();
        if output.status.success() {
            assert_eq!(text(&output.stdout), expected);
        } else {
            failed(&output, &["step `", "artifacts"]);
        }
        let output = program.run();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), expected);
    }
}

#[test]
fn a_damaged_database_is_an_error_that_names_it() {
    let root = tempfile::tempdir().unwrap();
    let expected = undisturbed(root.path());
    let garbage: fn(&Path) = |path| {
        std::fs::write(path, b"this is no database at all, only text. ".repeat(1000)).unwrap();
    };
    let garbage_and_log: fn(&Path) = |path| {
        std::fs::write(path, b"this is no database at all, only text. ".repeat(1000)).unwrap();
        std::fs::remove_file(path.with_extension("db-wal")).unwrap();
    };
    let folder: fn(&Path) = |path| {
        std::fs::remove_file(path).unwrap();
        std::fs::create_dir(path).unwrap();
    };
    for (name, damage) in [
        ("garbage", garbage),
        ("garbage-and-log", garbage_and_log),
        ("folder", folder),
    ] {
        for while_it_runs in [false, true] {
            let folder = root.path().join(format!("{name}-{while_it_runs}"));
            std::fs::create_dir(&folder).unwrap();
            let program = Program::new(&folder, &folder.join(".zen"));
            let database = program.home.join("metadata.db");
            let running = program.start(40);
            if while_it_runs {
                damage(&database);
            }
            let output = running.end();
            if while_it_runs && name == "folder" {
                failed(&output, &["metadata.db", "step `"]);
            } else if output.status.success() {
                // Pages that it has in memory may be all that it needs.
                assert_eq!(text(&output.stdout), expected);
            } else {
                failed(&output, &["metadata.db"]);
            }
            if !while_it_runs {
                damage(&database);
            }
            let output = program.run();
            if name == "garbage" && output.status.success() {
                // The write-ahead log may hold all pages there are.
                assert_eq!(text(&output.stdout), expected);
                assert!(check(&program.home).wrongs.is_empty());
                continue;
            }
            failed(&output, &["metadata.db"]);
            remove(&program.home);
            completes(&program, &expected);
        }
    }
}
