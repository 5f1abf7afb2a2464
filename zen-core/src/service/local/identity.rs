//! Which process it is, whether it lives, and ending it.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

#[cfg(target_os = "linux")]
use super::launch::VARIABLE;
use crate::metadata::ProcessIdentity;
use crate::stack::host;

/// The identity of the process with this id; none when there is none, or it has ended and only waits to be reaped.
pub(crate) fn identify(pid: u32) -> Option<ProcessIdentity> {
    Some(ProcessIdentity {
        host: host(),
        boot: boot()?,
        pid,
        start: start_of(pid)?,
    })
}

/// Whether exactly this process runs on this machine.
pub(crate) fn is_alive(process: &ProcessIdentity) -> bool {
    process.host == host() && identify(process.pid).as_ref() == Some(process)
}

/// Changes whenever the machine starts.
#[cfg(target_os = "linux")]
fn boot() -> Option<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .ok()
        .map(|id| id.trim().to_owned())
}

#[cfg(not(target_os = "linux"))]
fn boot() -> Option<String> {
    let output = std::process::Command::new("sysctl")
        .args(["-n", "kern.boottime"])
        .output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The start of a process that has not ended, in clock ticks since the machine started.
#[cfg(target_os = "linux")]
fn start_of(pid: u32) -> Option<String> {
    let (state, fields) = stat(pid)?;
    // Ended (zombie, dead): only its entry is left.
    (!matches!(state.as_str(), "Z" | "X"))
        .then(|| fields.get(19).cloned())
        .flatten()
}

/// The state, and the fields of `/proc/<pid>/stat` from the state on: 2 is the group, 3 the session, 19 the start.
#[cfg(target_os = "linux")]
fn stat(pid: u32) -> Option<(String, Vec<String>)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything; what follows the last one doesn't.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
    Some((fields.first()?.clone(), fields))
}

#[cfg(not(target_os = "linux"))]
fn start_of(pid: u32) -> Option<String> {
    let pid = pid.to_string();
    let output = std::process::Command::new("ps")
        .args(["-o", "stat=,lstart=", "-p", &pid])
        .output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let (state, start) = text.trim().split_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| start.trim().to_owned())
}

/// Asks the process to end. Nothing happens when it has ended.
pub(crate) fn terminate(process: &ProcessIdentity) {
    if is_alive(process)
        && let Some(pid) = pid_of(process)
    {
        // It may have ended between the two.
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
}

/// Ends the process and all of its process group, at once.
pub(crate) fn kill_group(process: &ProcessIdentity) {
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
pub(crate) fn kill_orphans(process: &ProcessIdentity) {
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
pub(crate) fn end_session() {
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
pub(crate) fn kill_orphans(_: &ProcessIdentity) {}

/// There, what a service starts has to end by itself.
#[cfg(not(target_os = "linux"))]
pub(crate) fn end_session() {}

fn pid_of(process: &ProcessIdentity) -> Option<Pid> {
    i32::try_from(process.pid).ok().and_then(Pid::from_raw)
}

/// Waits until the process has ended; `false` when it hasn't by then.
pub(crate) fn wait_for_end(process: &ProcessIdentity, timeout: Duration) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_more_than_its_id() {
        let me = identify(std::process::id()).expect("this process lives");
        assert!(is_alive(&me));
        for other in [
            ProcessIdentity {
                start: "1".into(),
                ..me.clone()
            },
            ProcessIdentity {
                boot: "before".into(),
                ..me.clone()
            },
            ProcessIdentity {
                host: "elsewhere".into(),
                ..me.clone()
            },
        ] {
            assert!(!is_alive(&other));
            // Would end the test.
            terminate(&other);
            kill_group(&other);
        }
    }

    #[test]
    fn a_zombie_is_dead() {
        let mut child = std::process::Command::new("true")
            .spawn()
            .expect("a program that ends");
        let ended = Instant::now() + Duration::from_secs(20);
        while identify(child.id()).is_some() {
            assert!(
                Instant::now() < ended,
                "the child that nobody reaped counts as alive"
            );
            std::thread::yield_now();
        }
        child.wait().expect("it was a child");
    }
}
