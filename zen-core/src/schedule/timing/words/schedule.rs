//! A whole schedule.

use super::super::Schedule;
use super::super::kind::Kind;
use super::{cron, instants, interval};

/// What names the slots: the expression, the interval or the time.
pub(in super::super) fn kind(schedule: &Schedule) -> String {
    match &schedule.kind {
        Kind::Cron(expression) => format!("{}, {}", cron::expression(expression.fields()), schedule.zone),
        Kind::Every(every) => interval::every(every.duration()),
        Kind::Once(time) => format!("once at {}", instants::instant(*time, schedule.zone)),
    }
}

/// All of it.
pub(in super::super) fn schedule(schedule: &Schedule) -> String {
    let mut text = kind(schedule);
    let mut window = Vec::new();
    if let Some(start) = schedule.start {
        window.push(format!("from {}", instants::instant(start, schedule.zone)));
    } else if let Kind::Every(every) = &schedule.kind
        && let Some(anchor) = every.anchor
    {
        window.push(format!("after {}", instants::instant(anchor, schedule.zone)));
    }
    if let Some(end) = schedule.end {
        window.push(format!("until {}", instants::instant(end, schedule.zone)));
    }
    if !window.is_empty() {
        // What ends with a zone or a time needs a comma.
        let comma = if matches!(schedule.kind, Kind::Every(_)) {
            " "
        } else {
            ", "
        };
        text = format!("{text}{comma}{}", window.join(" "));
    }
    match schedule.max_runs {
        None => text,
        Some(1) => format!("{text}, at most 1 run"),
        Some(runs) => format!("{text}, at most {runs} runs"),
    }
}
