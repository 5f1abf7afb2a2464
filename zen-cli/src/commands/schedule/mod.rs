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
use zen_core::schedule::ScheduleView;

use crate::commands::{commands, noun};

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
