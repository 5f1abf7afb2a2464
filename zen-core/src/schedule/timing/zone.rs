//! From wall clocks to instants, over the days on which the wall clock jumps.
//!
//! A local time happens at the first instant at which the wall clock reads it *or more*. So a time that a forward jump leaves out happens at
//! the first instant after the jump, and one that a backward jump repeats happens the first time only.
//!
//! The searches here rely on no zone changing its clock twice within three days, which none does from 1970 to 2100.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The latest offset from UTC that any zone ever had is under 16 hours; a day on either side holds every meaning of a local time.
const DAY: TimeDelta = TimeDelta::days(1);

/// The next instant strictly after `time` at which a local time happens that `next_local` names. `next_local` gives the next local time strictly
/// after the one it gets, in whole seconds. `time` is years away from the ends of what an instant can be.
pub(super) fn next_after(
    zone: Tz,
    time: DateTime<Utc>,
    next_local: impl Fn(NaiveDateTime) -> Option<NaiveDateTime>,
) -> Option<DateTime<Utc>> {
    let local = next_local(reading(zone, time))?;
    let instant = happens(zone, local);
    if instant > time {
        return Some(instant);
    }
    // The wall clock has been at `local` already and was set back since. It gets to new times where it was set back.
    let (before, after) = jump(instant, time, |at| offset(zone, at) == offset(zone, time));
    let set_back = after.naive_utc() + TimeDelta::seconds(offset(zone, before));
    Some(happens(zone, next_local(set_back - TimeDelta::seconds(1))?))
}

/// What the wall clock reads.
fn reading(zone: Tz, time: DateTime<Utc>) -> NaiveDateTime {
    zone.from_utc_datetime(&time.naive_utc()).naive_local()
}

/// Seconds that the wall clock is ahead of UTC.
fn offset(zone: Tz, time: DateTime<Utc>) -> i64 {
    zone.offset_from_utc_datetime(&time.naive_utc())
        .fix()
        .local_minus_utc()
        .into()
}

/// The first instant at which the wall clock reads this or more.
fn happens(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(time) => time.to_utc(),
        MappedLocalTime::Ambiguous(one, other) => one.min(other).to_utc(),
        MappedLocalTime::None => {
            let middle = local.and_utc();
            jump(middle - DAY, middle + DAY, |at| reading(zone, at) >= local).1
        }
    }
}

/// The last second before something holds, and the first at which it does. It doesn't hold at `low`, it does at `high`.
fn jump(
    low: DateTime<Utc>,
    high: DateTime<Utc>,
    holds: impl Fn(DateTime<Utc>) -> bool,
) -> (DateTime<Utc>, DateTime<Utc>) {
    let (mut low, mut high) = (low.timestamp(), high.timestamp());
    let instant = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match holds(instant(middle)) {
            true => high = middle,
            false => low = middle,
        }
    }
    (instant(low), instant(high))
}
