//! Failures in a row.

use crate::metadata::{ScheduleRecord, ScheduleState, SlotState, cut};
use crate::schedule::options::Options;

/// Takes note of how a slot was settled. When that was one failure too many, the schedule is paused: returns why.
pub(super) fn count(record: &mut ScheduleRecord, state: SlotState, error: Option<&str>) -> Option<String> {
    match state {
        SlotState::Completed => record.failures = 0,
        SlotState::Failed => record.failures = record.failures.saturating_add(1),
        _ => return None,
    }
    let limit = Options::of(record).ok()?.pause_after?;
    if record.failures < limit || record.state == ScheduleState::Paused {
        return None;
    }
    let times = match record.failures {
        1 => "a failure".to_owned(),
        times => format!("{times} failures in a row"),
    };
    let last = error.map_or_else(String::new, |error| format!("; the last: {error}"));
    let reason = cut(format!("paused after {times}{last}"));
    record.state = ScheduleState::Paused;
    record.reason = Some(reason.clone());
    Some(reason)
}
