//! The process of a worker: its start, its environment, its end.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use uuid::Uuid;

use super::wire::{ARGUMENT, VARIABLE};
use crate::children::{shown, spawn};
use crate::graph::Isolation;

/// A worker's process.
pub(super) struct Process {
    child: Mutex<Child>,
    pid: u32,
    /// What its environment is marked with.
    mark: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Its id may be another's by now.
    reaped: bool,
    killed: bool,
}

/// The parent's ends of what a worker talks through.
pub(super) struct Ends {
    pub(super) socket: UnixStream,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

impl Process {
    /// `names` are arguments for people who look at the list of processes.
    pub(super) fn start(
        file: &Path,
        name: &Path,
        names: [&str; 2],
        isolation: &Isolation,
    ) -> io::Result<(Self, Ends)> {
        let (socket, theirs) = UnixStream::pair()?;
        let mark = Uuid::now_v7().to_string();
        let mut command = Command::new(file);
        command
            .arg0(name)
            .arg(ARGUMENT)
            .args(names.map(shown))
            .env_clear()
            .envs(environment(isolation, std::env::vars_os()))
            .env_remove(crate::main_fn::CALLED_VARIABLE)
            .env(VARIABLE, &mark)
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = spawn(&mut command)?;
        let ends = Ends {
            socket,
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
        };
        let process = Self {
            pid: child.id(),
            child: Mutex::new(child),
            mark,
            state: Mutex::default(),
        };
        Ok((process, ends))
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Ends the process and its group, at once. Does nothing when it has ended.
    pub(super) fn kill(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.reaped {
            state.killed = true;
            self.kill_group();
        }
    }

    /// Whether [`kill`](Self::kill) ended it.
    pub(super) fn was_killed(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).killed
    }

    /// Waits for the process's end, and ends what is left of its group.
    pub(super) fn wait(&self) -> io::Result<ExitStatus> {
        if let Some(pid) = self.id() {
            // Not reaped yet: until then nothing else can have its id, nor the group's.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let waited = loop {
                match rustix::process::waitid(WaitId::Pid(pid), options) {
                    Err(rustix::io::Errno::INTR) => {}
                    other => break other,
                }
            };
            if let Err(error) = waited {
                // Somebody else has reaped it (a program that ignores SIGCHLD): its id may be another's by now.
                self.state.lock().unwrap_or_else(PoisonError::into_inner).reaped = true;
                return Err(error.into());
            }
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.kill_group();
        let status = self.child.lock().unwrap_or_else(PoisonError::into_inner).wait();
        state.reaped = true;
        status
    }

    /// Ends what the worker started and what left its group, found by the environment it inherited. A service's process belongs to whoever
    /// uses the service, and goes on.
    pub(super) fn kill_strays(&self) {
        #[cfg(target_os = "linux")]
        for pid in strays(&self.mark) {
            if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
        }
    }

    fn id(&self) -> Option<Pid> {
        i32::try_from(self.pid).ok().and_then(Pid::from_raw)
    }

    fn kill_group(&self) {
        if let Some(pid) = self.id() {
            // An empty group, or one that ends by itself, is no error.
            let _ = rustix::process::kill_process_group(pid, Signal::KILL);
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.reaped {
            self.kill_group();
            let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).wait();
            state.reaped = true;
        }
    }
}

fn environment(
    isolation: &Isolation,
    ours: impl Iterator<Item = (OsString, OsString)>,
) -> BTreeMap<OsString, OsString> {
    let is_taken = |name: &OsStr| {
        let Some(name) = name.to_str() else { return false };
        let always = Isolation::ALWAYS_INHERITED
            .iter()
            .any(|known| match known.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == *known,
            });
        always || isolation.inherit.contains(name)
    };
    let mut environment: BTreeMap<_, _> = ours.filter(|(name, _)| is_taken(name)).collect();
    let given = isolation.env.iter();
    environment.extend(given.map(|(name, value)| (OsString::from(name), OsString::from(value))));
    environment
}

/// The processes that carry the mark and are no service's.
#[cfg(target_os = "linux")]
fn strays(mark: &str) -> Vec<u32> {
    let entry = format!("{VARIABLE}={mark}");
    let carries = |pid: u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let has = |wanted: &dyn Fn(&[u8]) -> bool| environment.split(|byte| *byte == 0).any(wanted);
        has(&|found| found == entry.as_bytes()) && !has(&|found| found.starts_with(b"ZEN_DAEMON="))
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| carries(*pid))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_passed_on() {
        let ours = [
            "PATH",
            "LC_ALL",
            "AWS_SECRET_ACCESS_KEY",
            "CUDA_VISIBLE_DEVICES",
            "A",
        ]
        .map(|name| (OsString::from(name), OsString::from("ours")));
        let isolation = Isolation::process()
            .inherit("CUDA_VISIBLE_DEVICES")
            .env("A", "given");
        let environment = environment(&isolation, ours.into_iter());
        let seen: Vec<_> = environment
            .iter()
            .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
            .collect();
        assert_eq!(
            seen,
            ["A=given", "CUDA_VISIBLE_DEVICES=ours", "LC_ALL=ours", "PATH=ours"]
        );
    }
}
