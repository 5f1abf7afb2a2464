//! A project in which other processes work.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::process::Signal;
use zen_core::prelude::*;
use zen_core::schedule::{Schedule, ScheduleView, SlotView};
use zen_tests::timekeeper::declare::{Declaration, Work};
use zen_tests::timekeeper::journal::{Did, Line, read};
use zen_tests::timekeeper::process::{Process, command, declare};

pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_timekeeper");
pub(super) const STRANGER: &str = env!("CARGO_BIN_EXE_stranger");

/// Longer than anything can take: better than hanging.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A project in which other processes work, and which is looked at from here.
pub(super) struct Project {
    pub(super) folder: tempfile::TempDir,
    pub(super) stack: Stack,
}

impl Project {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stack = Stack::builder().home(folder.path().join(".zen")).build().unwrap();
        Self { folder, stack }
    }

    pub(super) fn home(&self) -> PathBuf {
        self.folder.path().join(".zen")
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The file for which steps wait is there from now on.
    pub(super) fn open_gate(&self) {
        std::fs::write(self.path("gate"), "").unwrap();
    }

    pub(super) fn waiting(&self) -> Work {
        Work::Waiting(self.path("gate"))
    }

    pub(super) fn holding(&self) -> Work {
        Work::Holding(self.path("gate"))
    }

    pub(super) fn declare(&self, name: &str, work: Work, schedule: Schedule) -> ScheduleView {
        let declaration = Declaration {
            name: name.to_owned(),
            work,
            journal: self.path("journal"),
            schedule,
        };
        declare(Path::new(PROGRAM), &self.home(), &declaration).unwrap();
        self.schedule(name)
    }

    pub(super) fn schedule(&self, name: &str) -> ScheduleView {
        Client::of(self.stack.clone()).schedule(name).unwrap()
    }

    /// A scheduler that has begun its work.
    pub(super) fn scheduler(&self, arguments: &[&str]) -> Process {
        self.scheduler_of(PROGRAM, arguments)
    }

    pub(super) fn scheduler_of(&self, program: &str, arguments: &[&str]) -> Process {
        let process = Process::scheduler(Path::new(program), &self.home(), arguments).unwrap();
        process.wait_for("started");
        process
    }

    pub(super) fn tell(&self, change: &str, schedule: &str) {
        let status = command(Path::new(PROGRAM), &self.home())
            .args([change, schedule])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Stops a process, but not in the midst of a write: SQLite would let nobody else write.
    pub(super) fn hold(&self, process: &mut Process) {
        until("the process is held while it writes nothing", || {
            process.signal(Signal::STOP);
            let database = rusqlite::Connection::open(self.home().join("metadata.db")).unwrap();
            database.busy_timeout(Duration::from_secs(1)).unwrap();
            let is_free = database.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok();
            if !is_free {
                process.signal(Signal::CONT);
            }
            is_free
        });
    }

    pub(super) fn journal(&self) -> Vec<Line> {
        read(Path::new(&self.path("journal")))
    }

    /// Waits until a step of this name has begun in a process, so often in all.
    pub(super) fn wait_for_begin(&self, step: &str, times: usize) -> Line {
        let begun = || -> Vec<Line> {
            let lines = self.journal().into_iter();
            lines
                .filter(|line| line.did == Did::Begin && line.step == step)
                .collect()
        };
        until(&format!("`{step}` begins for the {times}. time"), || {
            begun().len() >= times
        });
        begun()[times - 1].clone()
    }
}

/// Waits until something is so that another process brings about.
#[track_caller]
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Once, as soon as a scheduler is there.
pub(super) fn now() -> Schedule {
    Schedule::once_at(soon())
}

/// Late enough that a schedule is kept before, however slow that is; a scheduler that comes later fires it late.
pub(super) fn soon() -> DateTime<Utc> {
    Utc::now() + TimeDelta::seconds(4)
}

pub(super) fn settled(slot: &SlotView) -> SlotView {
    let mut slot = slot.clone();
    until("the slot is settled", || {
        slot = slot.refresh().unwrap();
        slot.record().state.is_settled()
    });
    slot
}

/// The only slot of a schedule, when it is settled.
pub(super) fn only(schedule: &ScheduleView) -> SlotView {
    until("there is a slot", || !schedule.history(2).unwrap().is_empty());
    let slots = schedule.history(2).unwrap();
    assert_eq!(slots.len(), 1);
    settled(&slots[0])
}

pub(super) fn daily() -> Schedule {
    Schedule::every(Duration::from_secs(86_400)).unwrap()
}

/// Whether a process with this id is there.
pub(super) fn is_there(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // One that nobody has taken note of yet is a zombie.
    !stat.is_empty() && !stat.contains(") Z ")
}
