//! Why a schedule can't be.

use std::ops::Range;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::cron::fault;

/// Why a [`Schedule`](super::Schedule) can't be as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A cron expression is wrong, or can never fire. The text shows the expression with carets under the fault:
    ///
    /// ```
    /// # use zen_core::schedule::Schedule;
    /// let error = Schedule::cron("75 2 * * *").unwrap_err();
    /// assert_eq!(error.to_string(), "minute `75` is out of range 0-59\n  75 2 * * *\n  ^^");
    /// ```
    #[error("{}", fault::text(reason, expression, at, help.as_deref()))]
    Expression {
        /// The expression as it was given.
        expression: String,
        /// Where in the expression the fault is, in bytes.
        at: Range<usize>,
        /// What is wrong.
        reason: String,
        /// What to write instead, where that is known.
        help: Option<String>,
    },
    /// A cron expression is longer than any reasonable one.
    #[error("a cron expression of {bytes} bytes is too long: {limit} are enough for any")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The interval is zero.
    #[error("a schedule can't fire every 0 s: give an interval of at least 1 ms")]
    ZeroInterval,
    /// The interval is too short.
    #[error("a schedule can't fire every {interval:?}: give an interval of at least 1 ms")]
    IntervalTooShort {
        /// The interval that was asked for.
        interval: Duration,
    },
    /// The interval is longer than times can be counted.
    #[error("a schedule can't fire every {interval:?}: give an interval of less than 292000 years")]
    IntervalTooLong {
        /// The interval that was asked for.
        interval: Duration,
    },
    /// The end isn't after the start.
    #[error(
        "the schedule would end at {end}, which isn't after its start at {start}: give an end after the start"
    )]
    EndBeforeStart {
        /// The start.
        start: DateTime<Utc>,
        /// The end.
        end: DateTime<Utc>,
    },
    /// No slot is between the start and the end.
    #[error(
        "no slot of the schedule ({schedule}) is {}: give a wider window, and the time zone before the window",
        window(start.as_ref(), end.as_ref())
    )]
    EmptyWindow {
        /// The schedule in words.
        schedule: String,
        /// The start, if one was given.
        start: Option<DateTime<Utc>>,
        /// The end, if one was given.
        end: Option<DateTime<Utc>>,
    },
    /// A schedule that never runs.
    #[error("a schedule of at most 0 runs never runs: allow at least 1, or leave the limit out")]
    NoRuns,
    /// There is no such time zone.
    #[error(
        "there is no time zone `{name}`: give a name of the IANA database, such as `Europe/Berlin` or `UTC`"
    )]
    UnknownZone {
        /// The name.
        name: String,
    },
    /// What was stored as a schedule isn't one.
    #[error("a stored schedule can't be read: {reason}")]
    Stored {
        /// What is wrong with it.
        reason: String,
    },
}

fn window(start: Option<&DateTime<Utc>>, end: Option<&DateTime<Utc>>) -> String {
    match (start, end) {
        (Some(start), Some(end)) => format!("between {start} and {end}"),
        (Some(start), None) => format!("at or after {start}"),
        (None, Some(end)) => format!("at or before {end}"),
        (None, None) => "ever due".to_owned(),
    }
}
