//! Whole processes.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::floor::{Floor, Mark, Recording};
use crate::{hello, large};

const ZEN: &str = "zen-child";
/// Does nothing: what it costs to start a process at all.
const NOTHING: &str = "nothing-child";
const FLOOR: &str = "floor-child";
pub(crate) const LARGE_ZEN: &str = "zen-large-child";
pub(crate) const LARGE_FLOOR: &str = "floor-large-child";

/// When this process was started as a part of a benchmark: does that part.
pub(crate) fn child() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(NOTHING) => Some(ExitCode::SUCCESS),
        Some(ZEN) => Some(hello::main()),
        Some(LARGE_ZEN | LARGE_FLOOR) => {
            let [which, folder] = arguments.as_slice() else {
                return Some(ExitCode::FAILURE);
            };
            match which.as_str() {
                LARGE_ZEN => large::zen(Path::new(folder)),
                _ => large::floor(Path::new(folder)),
            }
            Some(ExitCode::SUCCESS)
        }
        Some(FLOOR) => {
            let [_, source, copy, look_up] = arguments.as_slice() else {
                return Some(ExitCode::FAILURE);
            };
            floor(Path::new(source), Path::new(copy), look_up == "true");
            Some(ExitCode::SUCCESS)
        }
        _ => None,
    }
}

/// What `hello` writes, and reads when it is cached. That it reads the rows to write from another database makes it a little slower than
/// one that has them in its program.
fn floor(source: &Path, copy: &Path, look_up: bool) {
    let mark = Mark::before_last_run(source);
    let recording = Recording::read(source, &mark);
    Floor::open(copy, false).write(&recording, look_up, |_| ());
    println!("HELLO, WORLD!");
}

/// Runs of `hello`, each a process of its own.
#[derive(Debug)]
pub(crate) struct Hello {
    folder: TempDir,
    cached: bool,
    name: String,
}

impl Hello {
    /// Warms up: the database is made, and when `cached`, so are the values.
    pub(crate) fn new(cached: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let hello = Self {
            folder,
            cached,
            name: "world".into(),
        };
        hello.start("world");
        hello
    }

    fn home(&self) -> std::path::PathBuf {
        self.folder.path().join(".zen")
    }

    fn start(&self, name: &str) -> Duration {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args([ZEN, name]).env("ZEN_HOME", self.home());
        spawn(command)
    }

    /// zen, and then the floor with the rows that zen wrote.
    pub(crate) fn sample(mut self) -> (Duration, Box<dyn FnOnce() -> Duration>) {
        let database = self.home().join("metadata.db");
        let copy = self.folder.path().join("floor.db");
        drop(Mark::copy(&database, &copy));
        if !self.cached {
            self.name = "you".into();
        }
        let took = self.start(&self.name);
        let floor = move || {
            let mut command = Command::new(std::env::current_exe().expect("this program"));
            command
                .arg(FLOOR)
                .arg(database)
                .arg(copy)
                .arg(self.cached.to_string());
            let took = spawn(command);
            drop(self);
            took
        };
        (took, Box::new(floor))
    }
}

/// Starts this program so often, one after the other, and lets it do nothing.
pub(crate) fn nothing(times: usize) -> Duration {
    let once = |_| {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg(NOTHING);
        spawn(command)
    };
    (0..times).map(once).sum()
}

fn spawn(mut command: Command) -> Duration {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().expect("a process");
    let took = started.elapsed();
    assert!(status.success(), "{command:?} failed");
    took
}
