//! A whole schedule.

use super::super::Schedule;
use super::super::timing::Timing;
use super::{cron, instants, interval};

/// What names the slots: the expression, the interval or the time.
pub(in super::super) fn timing(schedule: &Schedule) -> String {
    match &schedule.timing {
        Timing::Cron(expression) => format!("{}, {}", cron::expression(expression.fields()), schedule.zone),
        Timing::Every(every) => interval::every(every.duration()),
        Timing::Once(time) => format!("once at {}", instants::instant(*time, schedule.zone)),
    }
}

/// All of it.
pub(in super::super) fn schedule(schedule: &Schedule) -> String {
    let mut text = timing(schedule);
    let mut window = Vec::new();
    if let Some(start) = schedule.start {
        window.push(format!("from {}", instants::instant(start, schedule.zone)));
    } else if let Timing::Every(every) = &schedule.timing
        && let Some(anchor) = every.anchor
    {
        window.push(format!("after {}", instants::instant(anchor, schedule.zone)));
    }
    if let Some(end) = schedule.end {
        window.push(format!("until {}", instants::instant(end, schedule.zone)));
    }
    if !window.is_empty() {
        // What ends with a zone or a time needs a comma.
        let comma = if matches!(schedule.timing, Timing::Every(_)) {
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
