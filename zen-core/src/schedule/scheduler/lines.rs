//! What a scheduler prints: a line for each thing that happens to a slot.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::events::{SchedulerEvent, SchedulerObserver};
use crate::metadata::{SlotRecord, SlotState};
use crate::printing;
use crate::printing::text::clean;

/// Prints lines on the standard error.
#[derive(Debug)]
pub(super) struct Lines;

impl Lines {
    /// What the environment asks for.
    pub(super) fn of_environment() -> Option<Arc<dyn SchedulerObserver>> {
        (!crate::runner::is_off()).then(|| Arc::new(Self) as Arc<dyn SchedulerObserver>)
    }
}

impl SchedulerObserver for Lines {
    fn event(&self, event: &SchedulerEvent) {
        if let Some(line) = line(event) {
            printing::err(&clean(&line, false));
        }
    }
}

fn line(event: &SchedulerEvent) -> Option<String> {
    Some(match event {
        SchedulerEvent::Started { schedules, .. } => match schedules {
            1 => "scheduler: at work on 1 schedule".to_owned(),
            schedules => format!("scheduler: at work on {schedules} schedules"),
        },
        SchedulerEvent::Fired {
            schedule,
            slot,
            run,
            lag,
        } => {
            let run = run.map_or_else(
                || " in the program it was made by".to_owned(),
                |run| format!(", run {run}"),
            );
            format!(
                "{schedule}: the slot of {} is fired{}{run}",
                time(slot.due),
                late(*lag)
            )
        }
        SchedulerEvent::Settled { schedule, slot } => settled(schedule, slot),
        SchedulerEvent::Requeued {
            schedule,
            slot,
            reason,
        } => format!(
            "{schedule}: the slot of {} will be tried again: {reason}",
            time(slot.due)
        ),
        SchedulerEvent::Lost { schedule, .. } => format!(
            "{schedule}: another scheduler has taken over what this one was working on, or the schedule was deleted"
        ),
        SchedulerEvent::Paused { schedule, reason } => format!("{schedule}: {reason}"),
        SchedulerEvent::ClockMoved { by } => format!(
            "scheduler: the clock was set or the machine was suspended, by {} s",
            by.num_seconds()
        ),
        SchedulerEvent::Trouble { error } => format!("scheduler: {error}; it is tried again"),
        SchedulerEvent::Idle { .. } => return None,
        SchedulerEvent::Stopping { running } => format!("scheduler: stopping, {}", runs(*running)),
        SchedulerEvent::Cancelling { running } => {
            format!(
                "scheduler: the time for runs to end has passed, cancelling {}",
                runs(*running)
            )
        }
    })
}

fn settled(schedule: &str, slot: &SlotRecord) -> String {
    let reason = slot
        .reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(": {reason}"));
    let which = match slot.count {
        1 => format!("the slot of {}", time(slot.due)),
        count => format!("{count} slots from {} to {}", time(slot.due), time(slot.last)),
    };
    let state = slot.state;
    match (state, slot.claimed, slot.ended) {
        (SlotState::Completed, Some(claimed), Some(ended)) => {
            let took = (ended - claimed).max(TimeDelta::zero());
            format!("{schedule}: {which} has completed, after {:.1} s", seconds(took))
        }
        (SlotState::Completed | SlotState::Failed, ..) => format!("{schedule}: {which} has {state}{reason}"),
        _ => format!("{schedule}: {which}: {state}{reason}"),
    }
}

fn runs(running: usize) -> String {
    match running {
        0 => "no run is under way".to_owned(),
        1 => "1 run".to_owned(),
        running => format!("{running} runs"),
    }
}

/// Only what somebody would notice.
fn late(lag: TimeDelta) -> String {
    match lag < TimeDelta::seconds(2) {
        true => String::new(),
        false => format!(", {:.0} s late", seconds(lag)),
    }
}

fn seconds(time: TimeDelta) -> f64 {
    time.num_milliseconds() as f64 / 1000.0
}

fn time(time: DateTime<Utc>) -> String {
    let format = match time.timestamp_subsec_micros() {
        0 => SecondsFormat::Secs,
        _ => SecondsFormat::Millis,
    };
    time.to_rfc3339_opts(format, true)
}
