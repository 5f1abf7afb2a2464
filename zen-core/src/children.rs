//! Processes of this program's own executable: their start, and how they ended, in words.

use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::secrets::redact;

/// How the process ended, as in "its process ended with exit code 1".
pub(crate) fn told(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("its process ended with exit code {code}"),
        (None, Some(signal)) => format!("its process was ended by signal {signal}{}", signal_name(signal)),
        (None, None) => "its process ended".to_owned(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL: killed by somebody, or for lack of memory)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        _ => "",
    }
}

/// How long another thread's child may keep the copy of a program open for writing: from before it runs its own program.
const BUSY: Duration = Duration::from_secs(10);

/// Starts a process. A file that is just being written is tried again.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    let end = Instant::now() + BUSY;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

/// As much of a name as an argument of a process can have, for people who look at the list of processes.
pub(crate) fn shown(name: &str) -> String {
    let plain = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    redact(name).chars().take(100).map(plain).collect()
}
