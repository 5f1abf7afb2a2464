//! Ending a process, and what it has started.

#[cfg(target_os = "linux")]
use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::identity::is_alive;
#[cfg(target_os = "linux")]
use super::identity::{boot, stat};
#[cfg(target_os = "linux")]
use super::launch::VARIABLE;
use crate::metadata::ProcessIdentity;
#[cfg(target_os = "linux")]
use crate::stack::host;

/// How long the system may take to end a process that was killed.
pub(super) const KILLED: Duration = Duration::from_secs(10);

/// Asks the process to end. Nothing happens when it has ended.
pub(super) fn terminate(process: &ProcessIdentity) {
    if is_alive(process)
        && let Some(pid) = pid_of(process)
    {
        // It may have ended between the two.
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
}

/// Ends the process and all of its process group, at once.
pub(super) fn kill_group(process: &ProcessIdentity) {
    if is_alive(process)
        && let Some(pid) = pid_of(process)
    {
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

/// Ends what a process that has ended left behind in its session.
///
/// While a session has members, its id is not given to a new process. So its members descend from ours, unless a process that had the id
/// later has ended too: therefore they must also have a daemon's environment.
#[cfg(target_os = "linux")]
pub(super) fn kill_orphans(process: &ProcessIdentity) {
    if process.host != host() || Some(&process.boot) != boot().as_ref() {
        return;
    }
    if let Some((state, fields)) = stat(process.pid) {
        // Ended, and not reaped yet, its id is still its own.
        let is_ours = fields.get(19) == Some(&process.start);
        if !is_ours || !matches!(state.as_str(), "Z" | "X") {
            return;
        }
    }
    let of_a_daemon = |pid: u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut entries = environment.split(|byte| *byte == 0);
        entries.any(|entry| {
            entry
                .strip_prefix(VARIABLE.as_bytes())
                .is_some_and(|rest| rest.starts_with(b"="))
        })
    };
    for pid in members(process.pid).filter(|pid| of_a_daemon(*pid)) {
        kill(pid);
    }
}

/// Ends all other processes of the session that this process leads, if it leads one.
#[cfg(target_os = "linux")]
pub(super) fn end_session() {
    let me = std::process::id();
    let leads = rustix::process::getsid(None).is_ok_and(|session| session == rustix::process::getpid());
    if leads {
        members(me).filter(|pid| *pid != me).for_each(kill);
    }
}

/// The processes of a session.
#[cfg(target_os = "linux")]
fn members(session: u32) -> impl Iterator<Item = u32> {
    let session = session.to_string();
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(move |pid| stat(*pid).is_some_and(|(_, fields)| fields.get(3) == Some(&session)))
}

#[cfg(target_os = "linux")]
fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

/// Without a view of all processes, the group of a dead leader can't be told from another's.
#[cfg(not(target_os = "linux"))]
pub(super) fn kill_orphans(_: &ProcessIdentity) {}

/// There, what a service starts has to end by itself.
#[cfg(not(target_os = "linux"))]
pub(super) fn end_session() {}

fn pid_of(process: &ProcessIdentity) -> Option<Pid> {
    i32::try_from(process.pid).ok().and_then(Pid::from_raw)
}

/// Ends the process at once, with its group and what it left behind. `false` when the system keeps it.
pub(crate) fn end(process: &ProcessIdentity) -> bool {
    kill_group(process);
    let ended = wait_for_end(process, KILLED);
    if ended {
        kill_orphans(process);
    }
    ended
}

/// Waits until the process has ended; `false` when it hasn't by then.
pub(super) fn wait_for_end(process: &ProcessIdentity, timeout: Duration) -> bool {
    let end = super::from_now(timeout);
    let mut pause = Duration::from_millis(1);
    while is_alive(process) {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        // Somebody else's child can't be waited for, and not every system tells of its end.
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    true
}
