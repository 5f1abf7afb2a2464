//! The instants of a schedule, one after the other.

use std::iter::FusedIterator;

use chrono::{DateTime, Utc};

use super::Schedule;
use super::cron::Expression;
use super::kind::Kind;
use super::{instant, zone};

/// The slots of a schedule after an instant, in order. Made by [`Schedule::after`].
///
/// Every slot is later than the one before. The iterator ends where the schedule does. Many schedules have more slots than anybody wants to
/// see: `take(n)` of them.
#[derive(Debug, Clone)]
pub struct Slots<'a> {
    schedule: &'a Schedule,
    after: Option<DateTime<Utc>>,
}

impl<'a> Slots<'a> {
    pub(super) fn new(schedule: &'a Schedule, after: DateTime<Utc>) -> Self {
        Self {
            schedule,
            after: Some(after),
        }
    }
}

impl Iterator for Slots<'_> {
    type Item = DateTime<Utc>;

    fn next(&mut self) -> Option<DateTime<Utc>> {
        self.after = next_after(self.schedule, self.after?);
        self.after
    }
}

impl FusedIterator for Slots<'_> {}

/// The next slot strictly after an instant.
pub(super) fn next_after(schedule: &Schedule, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // The microsecond before the start, so that the start itself can be a slot.
    let time = match schedule.start {
        Some(start) if time < start => before(start),
        _ => time,
    };
    let next = match &schedule.kind {
        Kind::Cron(expression) => {
            // Outside what the engine knows; also keeps away from the ends of what an instant can be.
            if time > Expression::LAST {
                return None;
            }
            let time = time.max(Expression::FIRST);
            zone::next_after(schedule.zone, time, |local| expression.next_after(local))?
        }
        Kind::Every(interval) => interval.next_after(time, schedule.start)?,
        Kind::Once(slot) => Some(*slot).filter(|slot| *slot > time)?,
    };
    let past_end = schedule.end.is_some_and(|end| next > end);
    Some(next).filter(|_| !past_end)
}

/// The microsecond before an instant.
fn before(time: DateTime<Utc>) -> DateTime<Utc> {
    time.timestamp_micros()
        .checked_sub(1)
        .and_then(DateTime::from_timestamp_micros)
        .unwrap_or_else(|| instant::micros(&DateTime::<Utc>::MIN_UTC))
}
