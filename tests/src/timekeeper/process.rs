//! Processes of the program, which end with whoever started them.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::declare::Declaration;
use super::schedulers;

/// Longer than anything can take: better than hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that says things in lines.
#[derive(Debug)]
pub struct Process {
    child: Child,
    said: Receiver<String>,
    ended: Option<ExitStatus>,
}

/// A command for this executable over the store in `home`.
pub fn command(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("ZEN_HOME", home)
        .env("ZEN_PROGRESS", "off")
        .process_group(0)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    command
}

/// Keeps a schedule, from a process of its own.
///
/// # Errors
/// When that process can't be started or fails.
pub fn declare(program: &Path, home: &Path, declaration: &Declaration) -> Result<(), String> {
    let text = serde_json::to_string(declaration).map_err(|error| error.to_string())?;
    let status = command(program, home)
        .args(["declare", &text])
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("`{}` could not be declared: {status}", declaration.name)),
    }
}

impl Process {
    /// Starts a scheduler.
    ///
    /// # Errors
    /// When the process can't be started.
    pub fn scheduler(program: &Path, home: &Path, arguments: &[&str]) -> Result<Self, String> {
        let mut command = command(program, home);
        command.arg(schedulers::MODE).args(arguments);
        Self::start(command)
    }

    /// Starts a command and hears what it says.
    ///
    /// # Errors
    /// When the process can't be started.
    pub fn start(mut command: Command) -> Result<Self, String> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let (says, said) = channel();
        if let Some(stdout) = child.stdout.take() {
            // Read to the end also when nobody listens: a full pipe would hold the program up.
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    let _ = says.send(line);
                }
            });
        }
        Ok(Self {
            child,
            said,
            ended: None,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that begins so.
    ///
    /// # Panics
    /// When it doesn't come.
    #[track_caller]
    pub fn wait_for(&self, beginning: &str) -> String {
        let begun = Instant::now();
        let mut heard = Vec::new();
        while let Ok(line) = self.said.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
            if line.starts_with(beginning) {
                return line;
            }
            heard.push(line);
        }
        panic!("the process never said `{beginning}`, but {heard:?}");
    }

    /// What it has said that nobody has waited for.
    pub fn said(&self) -> Vec<String> {
        self.said.try_iter().collect()
    }

    /// Sends it a signal, if it has not ended.
    pub fn signal(&mut self, signal: Signal) {
        if self.has_ended().is_some() {
            return;
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended just now: not yet reaped, so that the id is nobody else's.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it doesn't end.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.has_ended() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "process {} hangs", self.child.id());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends it with `kill -9`.
    pub fn kill(&mut self) {
        if self.has_ended().is_none() {
            let _ = self.child.kill();
            self.ended = self.child.wait().ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
