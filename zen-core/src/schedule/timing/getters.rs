//! What a schedule says when it is asked, and in words.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::kind::Kind;
use super::{CatchUp, Interrupted, Overlap, Schedule, Tz, words};

impl Schedule {
    /// The cron expression as it was given, when the schedule has one.
    pub fn cron_expression(&self) -> Option<&str> {
        match &self.kind {
            Kind::Cron(expression) => Some(expression.source()),
            _ => None,
        }
    }

    /// The distance between slots, when it is fixed.
    pub fn interval(&self) -> Option<Duration> {
        match &self.kind {
            Kind::Every(interval) => Some(interval.duration()),
            _ => None,
        }
    }

    /// The only slot, when there is just one.
    pub fn only_time(&self) -> Option<DateTime<Utc>> {
        match &self.kind {
            Kind::Once(time) => Some(*time),
            _ => None,
        }
    }

    /// The zone; see [`in_timezone`](Self::in_timezone).
    pub fn timezone(&self) -> Tz {
        self.zone
    }

    /// The start of the window; see [`start_at`](Self::start_at).
    pub fn start(&self) -> Option<DateTime<Utc>> {
        self.start
    }

    /// The end of the window; see [`end_at`](Self::end_at).
    pub fn end(&self) -> Option<DateTime<Utc>> {
        self.end
    }

    /// The most runs; see [`max_runs`](Self::max_runs).
    pub fn run_limit(&self) -> Option<u64> {
        self.max_runs
    }

    /// What becomes of late slots; see [`catch_up`](Self::catch_up).
    pub fn catch_up_policy(&self) -> CatchUp {
        self.catch_up
    }

    /// What becomes of slots that come due during a run; see [`overlap`](Self::overlap).
    pub fn overlap_policy(&self) -> Overlap {
        self.overlap
    }

    /// How long after it was due a slot counts as late; see [`grace`](Self::grace).
    pub fn grace_period(&self) -> Duration {
        self.grace
    }

    /// What becomes of slots whose scheduler died; see [`if_interrupted`](Self::if_interrupted).
    pub fn interrupted_policy(&self) -> Interrupted {
        self.if_interrupted
    }

    /// The schedule in words: its times, its zone, its window and its limit. Two cron expressions with the same words have the same slots.
    pub fn describe(&self) -> String {
        words::schedule(self)
    }
}

impl fmt::Display for Schedule {
    /// [`describe`](Schedule::describe).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.describe())
    }
}
