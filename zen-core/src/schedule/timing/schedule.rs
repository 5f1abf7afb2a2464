//! [`Schedule`]: when a pipeline is due.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use super::cron::Expression;
use super::form::Form;
use super::interval::Interval;
use super::kind::Kind;
use super::{CatchUp, Interrupted, Overlap, ScheduleError, Slots, Tz, instant, slots, window};

/// When a pipeline is due: a cron expression, an interval or a single time, with a window, and what becomes of slots that can't fire on
/// time.
///
/// The instants at which it is due are its *slots*. A schedule is checked while it is built: a wrong expression, an end before its start,
/// an interval of zero and an expression that can never fire are errors that say where the fault is. It is a plain value; a scheduler
/// makes something of it.
///
/// ```
/// use std::time::Duration;
/// use zen_core::schedule::{CatchUp, Schedule, ScheduleError, Tz};
///
/// # fn main() -> Result<(), ScheduleError> {
/// let nightly = Schedule::cron("0 2 * * mon-fri")?.in_timezone(Tz::Europe__Berlin).catch_up(CatchUp::All);
/// assert_eq!(nightly.to_string(), "at 02:00, Monday to Friday, Europe/Berlin");
/// println!("next: {:?}", nightly.upcoming(3));
///
/// let often = Schedule::every(Duration::from_secs(900))?.max_runs(10)?;
/// assert_eq!(often.to_string(), "every 15 minutes, at most 10 runs");
///
/// let error = Schedule::cron("0 2 * * mnday").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "day-of-week `mnday` isn't known\n  0 2 * * mnday\n          ^^^^^\ndid you mean `monday`?"
/// );
/// # Ok(())
/// # }
/// ```
///
/// # Cron expressions
///
/// **Five fields** mean what they mean in a crontab: `minute hour day-of-month month day-of-week`.
///
/// | field | values |
/// |---|---|
/// | minute | 0-59 |
/// | hour | 0-23 |
/// | day-of-month | 1-31 |
/// | month | 1-12, or names: `jan`, `january`, in any case |
/// | day-of-week | 0-7, 0 and 7 are Sunday, or names: `mon`, `monday`, in any case |
///
/// Each is `*`, a value, a range `a-b`, or a list of these with commas between. `*/n` and `a-b/n` take every n-th value, counted from the
/// first; n is at most the field's largest value. When both day fields are restricted, which is when neither begins with `*`, a day
/// matches if **either** field matches it: `0 0 13 * 5` fires on every 13th and on every Friday. Otherwise both must match, so that
/// `0 0 */2 * 1` fires on those Mondays that are odd days of their month. `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`,
/// `@midnight` and `@hourly` stand for five fields, in any case; `@reboot` is an error.
///
/// Beyond a crontab, `a/n` means `a-last/n` (the last day of the week is Saturday then), names may be parts of ranges and lists, a range
/// that ends in a Sunday by name wraps (`fri-sun`), and `?` in the day fields means `*`. Not supported are `L`, `W`, `#`, random values
/// (`~`), and steps longer than their field, which a crontab takes and which fire at the first value alone.
///
/// **Six or seven fields** have the second first and may have a year (1970-2100) last. They have just the meaning they have in the
/// `cron` crate: weekdays are numbered from 1 (Sunday) to 7 (Saturday), and both day fields must match. An expression whose years are
/// all past is an error when it is written; one that was stored is still read when its time is over.
///
/// An expression of any kind is at most 4096 bytes long. Cron slots end with the year 2100.
///
/// ## Beside croner
///
/// The crate `croner` reads five fields too, and finds the same slots, but for these:
///
/// - In its day fields `*/2` is a restriction, so that `0 0 */2 * 1` fires on odd days *and* on Mondays.
/// - A job that has more than one time a day, or whose time is written with a step, fires twice where the wall clock repeats itself and
///   is dropped where the wall clock leaves something out. Here every job is [treated alike](Self#time-zones).
/// - A time that is left out is dropped when the first instant after it is on a day that doesn't match, and when more than two hours
///   are left out.
/// - `sun-sun` is a week; here it is a Sunday.
/// - It takes `L`, `W` and `#`, lists with holes (`1,,2`), steps longer than their field, and expressions that never fire.
/// - It doesn't take `a/n`, full names and `@midnight`.
///
/// # Time zones
///
/// A cron expression is read on the wall clock of its zone, which is UTC unless [`in_timezone`](Self::in_timezone) says otherwise.
///
/// - A local time that the wall clock leaves out, as 02:30 on the day on which summer time begins, fires at the first instant
///   afterwards. Several of them are **one** slot, also together with a time that is just that instant.
/// - A local time that the wall clock repeats fires the first time only. So `*/15 * * * *` pauses for an hour when summer time
///   ends. Use [`every`](Self::every), or a cron expression in UTC, where elapsed time counts.
///
/// Slots are always in order and never twice.
///
/// # As data
///
/// A schedule is stored as a map, `{"cron": "0 2 * * 1-5", "timezone": "Europe/Berlin", ..}`, with `every` (in seconds, `"900s"`) or `once`
/// (a time) in place of `cron`. What one version has written, every later one reads. Reading checks what the constructors check, but
/// for two things that may change after a schedule was built: years that are past by now, and a window that has a slot in another zone only.
/// Fields it doesn't know are ignored.
///
/// All times are kept at whole microseconds; what is finer is cut off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Schedule {
    pub(super) kind: Kind,
    pub(super) zone: Tz,
    pub(super) start: Option<DateTime<Utc>>,
    pub(super) end: Option<DateTime<Utc>>,
    pub(super) max_runs: Option<u64>,
    pub(super) catch_up: CatchUp,
    pub(super) overlap: Overlap,
    pub(super) grace: Duration,
    pub(super) if_interrupted: Interrupted,
}

impl Schedule {
    /// How late a slot may be without counting as late, unless [`grace`](Self::grace) says otherwise: 60 s.
    pub const DEFAULT_GRACE: Duration = Duration::from_secs(60);

    /// Due when a cron expression says so; see [above](Self#cron-expressions).
    ///
    /// # Errors
    ///
    /// When it isn't one, or can never fire (again). The error shows the expression with carets under the fault.
    pub fn cron(expression: &str) -> Result<Self, ScheduleError> {
        // A day back: what is past in one zone may be to come in another.
        let since = Utc::now().naive_utc() - TimeDelta::days(1);
        Ok(Self::new(Kind::Cron(Arc::new(Expression::parse(
            expression, since,
        )?))))
    }

    /// The same for an expression that was accepted before, whose years may be over.
    pub(super) fn cron_since_1970(expression: &str) -> Result<Self, ScheduleError> {
        let expression = Expression::parse(expression, NaiveDateTime::MIN)?;
        Ok(Self::new(Kind::Cron(Arc::new(expression))))
    }

    /// Due again and again at a fixed distance of elapsed time, whatever the wall clock does. The interval is kept at microseconds.
    ///
    /// With a [start](Self::start_at), that is the first slot, and the others are at `start + k * interval`. Without one, slots are counted
    /// from when the schedule was [kept](crate::graph::Pipeline::schedule) or given other slots; before that, [`next_after`](Self::next_after) gives
    /// `t + interval`.
    ///
    /// # Errors
    ///
    /// When it is shorter than a millisecond, or too long for times to be counted (about 292000 years).
    pub fn every(interval: Duration) -> Result<Self, ScheduleError> {
        Ok(Self::new(Kind::Every(Interval::new(interval)?)))
    }

    /// Due once.
    pub fn once_at<Z: TimeZone>(time: DateTime<Z>) -> Self {
        Self::new(Kind::Once(instant::micros(&time)))
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            zone: Tz::UTC,
            start: None,
            end: None,
            max_runs: None,
            catch_up: CatchUp::default(),
            overlap: Overlap::default(),
            grace: Self::DEFAULT_GRACE,
            if_interrupted: Interrupted::default(),
        }
    }

    /// The zone whose wall clock a cron expression is read on. Give it before a narrow window, which is checked for slots in the zone
    /// the schedule has by then. For intervals and single times it only changes how the schedule is described.
    #[must_use]
    pub fn in_timezone(self, zone: Tz) -> Self {
        Self { zone, ..self }
    }

    /// No slot is before this; one that is just then counts. For intervals it is the first slot, from which all others are counted.
    ///
    /// # Errors
    ///
    /// When the end isn't after it, or when no slot is left.
    pub fn start_at<Z: TimeZone>(self, start: DateTime<Z>) -> Result<Self, ScheduleError> {
        let schedule = Self {
            start: Some(instant::micros(&start)),
            ..self
        };
        window::check(&schedule)?;
        Ok(schedule)
    }

    /// No slot is after this; one that is just then counts.
    ///
    /// # Errors
    ///
    /// When it isn't after the start, or when no slot is left.
    pub fn end_at<Z: TimeZone>(self, end: DateTime<Z>) -> Result<Self, ScheduleError> {
        let schedule = Self {
            end: Some(instant::micros(&end)),
            ..self
        };
        window::check(&schedule)?;
        Ok(schedule)
    }

    /// How many runs the schedule starts before it is done. It is for a scheduler to count them: the slots that this type names go on.
    ///
    /// # Errors
    ///
    /// When it is 0.
    pub fn max_runs(self, runs: u64) -> Result<Self, ScheduleError> {
        match runs {
            0 => Err(ScheduleError::NoRuns),
            _ => Ok(Self {
                max_runs: Some(runs),
                ..self
            }),
        }
    }

    /// What becomes of late slots. [`CatchUp::Latest`] unless it is said.
    #[must_use]
    pub fn catch_up(self, catch_up: CatchUp) -> Self {
        Self { catch_up, ..self }
    }

    /// What becomes of a slot that comes due while a run of this schedule goes on. [`Overlap::Skip`] unless it is said.
    #[must_use]
    pub fn overlap(self, overlap: Overlap) -> Self {
        Self { overlap, ..self }
    }

    /// How long after it was due a slot counts as [late](CatchUp). [60 s](Self::DEFAULT_GRACE) unless it is said; kept at microseconds.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        let grace = Duration::new(grace.as_secs(), grace.subsec_micros() * 1000);
        Self { grace, ..self }
    }

    /// What becomes of a slot whose scheduler died while its run was under way. [`Interrupted::Retry`] unless it is said.
    #[must_use]
    pub fn if_interrupted(self, if_interrupted: Interrupted) -> Self {
        Self {
            if_interrupted,
            ..self
        }
    }

    /// Whether it has the same slots, and as many of them: policies don't count.
    pub(crate) fn has_slots_of(&self, other: &Self) -> bool {
        let slots = |of: &Self| (of.kind.clone(), of.zone, of.start, of.end, of.max_runs);
        slots(self) == slots(other)
    }

    /// Counts the slots of an interval that has no start from an instant: they are at `at + k * interval`, k >= 1. Changes no other schedule.
    #[must_use]
    pub(crate) fn anchored(mut self, at: DateTime<Utc>) -> Self {
        if let Kind::Every(interval) = &mut self.kind
            && self.start.is_none()
        {
            interval.anchor = Some(instant::micros(&at));
        }
        self
    }

    /// The next slot strictly after an instant, within the schedule's window. None when there is no further one. [`max_runs`](Self::max_runs)
    /// isn't looked at.
    ///
    /// Of an [interval](Self::every) that nothing counts from yet, it is `t + interval`.
    pub fn next_after(&self, t: DateTime<Utc>) -> Option<DateTime<Utc>> {
        slots::next_after(self, t)
    }

    /// The slots after an instant, one after the other.
    ///
    /// ```
    /// use zen_core::schedule::{Schedule, Tz};
    ///
    /// let schedule = Schedule::cron("30 2 * * *")?.in_timezone(Tz::Europe__Berlin);
    /// let slots: Vec<String> = schedule
    ///     .after("2026-03-28T00:00:00Z".parse()?)
    ///     .take(3)
    ///     .map(|slot| slot.with_timezone(&schedule.timezone()).to_string())
    ///     .collect();
    /// // 02:30 doesn't exist on the 29th.
    /// assert_eq!(slots, ["2026-03-28 02:30:00 CET", "2026-03-29 03:00:00 CEST", "2026-03-30 02:30:00 CEST"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn after(&self, t: DateTime<Utc>) -> Slots<'_> {
        Slots::new(self, t)
    }

    /// The next slots from now on, at most `n`.
    pub fn upcoming(&self, n: usize) -> Vec<DateTime<Utc>> {
        self.after(Utc::now()).take(n).collect()
    }
}
