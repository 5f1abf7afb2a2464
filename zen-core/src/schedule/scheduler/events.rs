//! What a scheduler does, as it does it.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::metadata::SlotRecord;
use crate::schedule::SchedulingError;

/// Something a scheduler did or noticed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SchedulerEvent {
    /// It is at work.
    #[non_exhaustive]
    Started {
        /// Its id.
        scheduler: Uuid,
        /// How many schedules it found.
        schedules: usize,
    },
    /// A slot's run has begun.
    #[non_exhaustive]
    Fired {
        /// The schedule's name.
        schedule: String,
        /// The slot.
        slot: SlotRecord,
        /// The run; none when another program executes it.
        run: Option<Uuid>,
        /// How long after the slot was due.
        lag: TimeDelta,
    },
    /// A slot is settled: its run has ended, or it was skipped or missed.
    #[non_exhaustive]
    Settled {
        /// The schedule's name.
        schedule: String,
        /// The slot.
        slot: SlotRecord,
    },
    /// A slot whose run was interrupted waits for its next attempt.
    #[non_exhaustive]
    Requeued {
        /// The schedule's name.
        schedule: String,
        /// The slot.
        slot: SlotRecord,
        /// What happened.
        reason: String,
    },
    /// Another scheduler has taken a slot over that this one was working on, or its schedule was deleted: its run is cancelled.
    #[non_exhaustive]
    Lost {
        /// The schedule's name.
        schedule: String,
        /// The slot.
        slot: Uuid,
    },
    /// A schedule was paused after failures in a row.
    #[non_exhaustive]
    Paused {
        /// The schedule's name.
        schedule: String,
        /// Why.
        reason: String,
    },
    /// The wall clock was set, or the machine was suspended.
    #[non_exhaustive]
    ClockMoved {
        /// By so much, beyond the time that has passed; negative when it went back.
        by: TimeDelta,
    },
    /// A schedule can't be worked on, or the store failed; tried again.
    #[non_exhaustive]
    Trouble {
        /// What went wrong.
        error: Arc<SchedulingError>,
    },
    /// All that is due is done or under way; the scheduler waits.
    #[non_exhaustive]
    Idle {
        /// The time by the clock up to which it has looked.
        until: DateTime<Utc>,
        /// The next slot of any schedule.
        next: Option<DateTime<Utc>>,
        /// How many runs are under way.
        running: usize,
    },
    /// It claims nothing more, and waits for its runs.
    #[non_exhaustive]
    Stopping {
        /// How many runs are under way.
        running: usize,
    },
    /// The time for its runs to end has passed: they are cancelled.
    #[non_exhaustive]
    Cancelling {
        /// How many runs are under way.
        running: usize,
    },
}

/// Is told what a scheduler does. Called from its task: it must not block for long.
pub trait SchedulerObserver: Send + Sync + fmt::Debug {
    /// Something happened.
    fn event(&self, event: &SchedulerEvent);
}
