//! The window a schedule's slots lie in: both ends belong to it.

use chrono::{DateTime, TimeDelta, Utc};

use super::kind::Kind;
use super::slots::next_after;
use super::{Schedule, ScheduleError, instant};

/// How far the meaning of a local time can move when the zone changes: offsets of at most 16 hours, and a day that is left out.
const ZONES: TimeDelta = TimeDelta::days(3);

/// Refuses a window whose end isn't after its start, and one in which no slot is.
pub(super) fn check(schedule: &Schedule) -> Result<(), ScheduleError> {
    if let (Some(start), Some(end)) = (schedule.start, schedule.end)
        && end <= start
    {
        return Err(ScheduleError::EndBeforeStart { start, end });
    }
    let first = match schedule.kind {
        // Without a start, it is counted from when the schedule is set up, which isn't known here.
        Kind::Every(_) if schedule.start.is_none() => return Ok(()),
        _ if schedule.start.is_none() && schedule.end.is_none() => return Ok(()),
        _ => next_after(schedule, instant::micros(&DateTime::<Utc>::MIN_UTC)),
    };
    match first {
        Some(_) => Ok(()),
        None => Err(ScheduleError::EmptyWindow {
            schedule: super::words::kind(schedule),
            start: schedule.start,
            end: schedule.end,
        }),
    }
}

/// The same for a schedule that was stored: its window may have been given before its zone, so that only a window without a slot in any zone
/// is refused.
pub(super) fn check_in_any_zone(schedule: &Schedule) -> Result<(), ScheduleError> {
    match check(schedule) {
        Err(empty @ ScheduleError::EmptyWindow { .. }) if matches!(schedule.kind, Kind::Cron(_)) => {
            let mut wider = schedule.clone();
            wider.start = wider
                .start
                .map(|start| start.checked_sub_signed(ZONES).unwrap_or(start));
            wider.end = wider.end.map(|end| end.checked_add_signed(ZONES).unwrap_or(end));
            check(&wider).map_err(|_| empty)
        }
        other => other,
    }
}
