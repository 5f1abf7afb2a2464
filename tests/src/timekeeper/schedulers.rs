//! The program as a scheduler.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use zen_core::prelude::*;
use zen_core::schedule::{Scheduler, SchedulerEnd, SchedulerEvent, SchedulerObserver};

/// The first argument that makes a program a scheduler.
pub const MODE: &str = "scheduler";

const USAGE: &str = "usage: scheduler [--concurrency <n>] [--grace <ms>] [--silence <ms>]";

/// Says each event in a line: `fired`, the schedule's name, and what more is known.
#[derive(Debug)]
struct Says;

impl SchedulerObserver for Says {
    fn event(&self, event: &SchedulerEvent) {
        let line = match event {
            SchedulerEvent::Started { schedules, .. } => format!("started {schedules}"),
            SchedulerEvent::Fired { schedule, slot, .. } => format!("fired {schedule} {}", slot.id),
            SchedulerEvent::Settled { schedule, slot, .. } => {
                format!("settled {schedule} {} {}", slot.id, slot.state)
            }
            SchedulerEvent::Requeued { schedule, slot, .. } => format!("requeued {schedule} {}", slot.id),
            SchedulerEvent::Lost { schedule, slot, .. } => format!("lost {schedule} {slot}"),
            SchedulerEvent::Trouble { error, .. } => format!("trouble {}", crate::chain(error)),
            SchedulerEvent::Stopping { running, .. } => format!("stopping {running}"),
            SchedulerEvent::Cancelling { running, .. } => format!("cancelling {running}"),
            _ => return,
        };
        // Nobody may be listening any more.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// Fires slots until it is told to end.
///
/// # Errors
/// When an argument isn't known, or the stack can't be opened.
pub async fn main(arguments: &[String]) -> Result<SchedulerEnd> {
    let mut scheduler = Scheduler::new().quiet().observer(Arc::new(Says));
    for pair in arguments.chunks(2) {
        let [name, value] = pair else {
            return Err(USAGE.into());
        };
        let number: u64 = value.parse()?;
        let time = Duration::from_millis(number);
        scheduler = match name.as_str() {
            "--concurrency" => scheduler.concurrency(usize::try_from(number)?),
            "--grace" => scheduler.grace(time),
            "--silence" => scheduler.silence(time, time),
            _ => return Err(USAGE.into()),
        };
    }
    Ok(scheduler.run().await?)
}
