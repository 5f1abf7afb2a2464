//! `schedule`.

mod delete;
mod describe;
mod list;
mod pause;
mod resume;
mod run;
mod trigger;
mod upcoming;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use zen_core::metadata::ScheduleState;
use zen_core::schedule::{ScheduleView, UnreadableSchedule};

use crate::commands::{commands, noun};
use crate::output::Out;
use crate::run::program;

noun! {
    /// Pipelines that run again and again
    Schedules of ScheduleCommand
}

commands! {
    /// The verbs.
    ScheduleCommand {
        List(list::List),
        Describe(describe::Describe),
        Pause(pause::Pause),
        Resume(resume::Resume),
        Trigger(trigger::Trigger),
        Upcoming(upcoming::Upcoming),
        Run(run::Run),
        Delete(delete::Delete),
    }
}

/// A schedule that can't be used by this program, for programs.
#[derive(Debug, Serialize)]
pub(super) struct Unreadable {
    pub(super) name: String,
    message: String,
}

/// Those that can be read, and those that can't: one of a newer zen hides no other.
pub(super) fn parted(
    found: Vec<Result<ScheduleView, UnreadableSchedule>>,
) -> (Vec<ScheduleView>, Vec<Unreadable>) {
    let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
    for schedule in found {
        match schedule {
            Ok(schedule) => readable.push(schedule),
            Err(schedule) => unreadable.push(Unreadable {
                message: schedule.error.to_string(),
                name: schedule.name,
            }),
        }
    }
    (readable, unreadable)
}

/// Names those that can't be read, and how to be rid of them.
pub(super) fn hint_at(out: &Out, unreadable: &[Unreadable]) {
    for schedule in unreadable {
        out.hint(&format!(
            "schedule `{0}` can't be read, as a newer zen wrote it or it is damaged: `{1} schedule delete {0}` removes it",
            schedule.name,
            program()
        ));
    }
}

/// A schedule, for programs.
#[derive(Debug, Serialize)]
struct Summary {
    id: Uuid,
    name: String,
    pipeline: String,
    state: ScheduleState,
    /// Why it is paused or has ended.
    reason: Option<String>,
    /// When it is due, in words.
    timing: String,
    next: Option<DateTime<Utc>>,
    /// How many of its slots were fired, by time.
    fired: u64,
    /// Runs that have failed since the last one that completed.
    failures: u32,
    created: DateTime<Utc>,
}

impl Summary {
    fn of(schedule: &ScheduleView) -> Self {
        let record = schedule.record();
        Self {
            id: record.id,
            name: record.name.clone(),
            pipeline: record.pipeline.clone(),
            state: record.state,
            reason: record.reason.clone(),
            timing: schedule.describe(),
            next: schedule.next(),
            fired: record.fired,
            failures: record.failures,
            created: record.created,
        }
    }
}
