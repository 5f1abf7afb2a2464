//! Which process it is, and whether it lives.

#[cfg(target_os = "linux")]
use std::fs;

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
pub(super) fn boot() -> Option<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .ok()
        .map(|id| id.trim().to_owned())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn boot() -> Option<String> {
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
pub(super) fn stat(pid: u32) -> Option<(String, Vec<String>)> {
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::ending::{kill_group, terminate};
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
