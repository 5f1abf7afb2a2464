//! How much memory workers use, and whether the system ended one for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

/// How often workers are looked at.
const PERIOD: Duration = Duration::from_millis(50);

/// The most memory a process was seen to hold.
#[derive(Debug)]
pub(super) struct Watched {
    pid: u32,
    peak: AtomicU64,
    groups: Mutex<Option<String>>,
}

impl Watched {
    /// In bytes; 0 when it was never seen.
    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// The control groups it was last seen in.
    pub(super) fn groups(&self) -> Option<String> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn look(&self) {
        // Only while it lives: an ended process is in no group, and has no memory.
        let Some(peak) = peak_of(self.pid) else { return };
        self.peak.fetch_max(peak, Ordering::Relaxed);
        let groups = groups_of(self.pid);
        *self.groups.lock().unwrap_or_else(PoisonError::into_inner) = groups;
    }
}

#[derive(Default)]
struct Watch {
    processes: Vec<Weak<Watched>>,
    running: bool,
}

static WATCH: Mutex<Watch> = Mutex::new(Watch {
    processes: Vec::new(),
    running: false,
});
static STOPPED: Condvar = Condvar::new();

/// Looks at a process now and then for as long as the returned value is held: when it is killed, its own account is gone.
pub(super) fn watch(pid: u32) -> Arc<Watched> {
    let watched = Arc::new(Watched {
        pid,
        peak: AtomicU64::new(0),
        groups: Mutex::new(groups_of(pid)),
    });
    let mut watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
    watch.processes.push(Arc::downgrade(&watched));
    if !watch.running {
        let look = std::thread::Builder::new().name("zen-worker-memory".into());
        // Without it, an error says less.
        watch.running = look.spawn(look_at_all).is_ok();
    }
    watched
}

fn look_at_all() {
    let mut watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        watch = STOPPED
            .wait_timeout(watch, PERIOD)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        watch.processes.retain(|process| match process.upgrade() {
            Some(process) => {
                process.look();
                true
            }
            None => false,
        });
        if watch.processes.is_empty() {
            watch.running = false;
            return;
        }
    }
}

/// The most memory a process has held, in bytes: `VmHWM` of <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>.
#[cfg(target_os = "linux")]
fn peak_of(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(not(target_os = "linux"))]
fn peak_of(_: u32) -> Option<u64> {
    None
}

/// The control groups of a process, as `/proc/<pid>/cgroup` names them; they are gone from there once it has ended.
#[cfg(target_os = "linux")]
pub(super) fn groups_of(pid: u32) -> Option<String> {
    std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn groups_of(_: u32) -> Option<String> {
    None
}

/// How often the system has ended a process of a control group for lack of memory, and the group's limit. See
/// <https://docs.kernel.org/admin-guide/cgroup-v2.html> and, for version 1, <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html>.
pub(super) fn out_of_memory_kills(groups: &str) -> Option<Kills> {
    let v1 = groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let mut controllers = parts.next()?.split(',');
        controllers.any(|name| name == "memory").then(|| parts.next())?
    });
    let v2 = groups.lines().find_map(|line| line.strip_prefix("0::"));
    let v1 = v1.map(|group| {
        (
            "/sys/fs/cgroup/memory",
            group,
            "memory.oom_control",
            "memory.limit_in_bytes",
        )
    });
    let v2 = v2.map(|group| ("/sys/fs/cgroup", group, "memory.events", "memory.max"));
    v1.into_iter()
        .chain(v2)
        .find_map(|(mount, group, events, limit)| {
            // In a container, the group's path may be the host's, while what is mounted is the group itself.
            let folders = [format!("{mount}{group}"), mount.to_owned()];
            folders.into_iter().find_map(|folder| {
                let events = std::fs::read_to_string(format!("{folder}/{events}")).ok()?;
                let count = events.lines().find_map(|line| line.strip_prefix("oom_kill "))?;
                let limit = std::fs::read_to_string(format!("{folder}/{limit}")).ok();
                Some(Kills {
                    group: group.to_owned(),
                    count: count.trim().parse().ok()?,
                    limit: limit.and_then(|limit| limit.trim().parse().ok()),
                })
            })
        })
}

/// See [`out_of_memory_kills`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kills {
    pub(super) group: String,
    pub(super) count: u64,
    pub(super) limit: Option<u64>,
}

/// The most this process may allocate from now on.
#[cfg(target_os = "linux")]
pub(super) fn limit(bytes: u64) -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Data);
    let bytes = before.maximum.map_or(bytes, |most| most.min(bytes));
    let limit = Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    setrlimit(Resource::Data, limit).map_err(|error| format!("its memory can't be limited: {error}"))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn limit(_: u64) -> Result<(), String> {
    Err("this system can't limit the memory of a process: leave `memory` out of its isolation".into())
}

/// Bytes for people.
pub(super) fn shown(bytes: u64) -> String {
    match bytes {
        b if b < 1 << 20 => format!("{} KiB", b >> 10),
        b if b < 10 << 30 => format!("{} MiB", b >> 20),
        b => format!("{} GiB", b >> 30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_that_is_watched_has_memory() {
        assert!(peak_of(std::process::id()).unwrap() > 1 << 20);
        let watched = watch(std::process::id());
        let begun = std::time::Instant::now();
        while watched.peak() == 0 {
            assert!(begun.elapsed().as_secs() < 60, "nobody looks");
            std::thread::yield_now();
        }
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!(shown(5 << 10), "5 KiB");
        assert_eq!(shown(512 << 20), "512 MiB");
        assert_eq!(shown(20 << 30), "20 GiB");
    }
}
