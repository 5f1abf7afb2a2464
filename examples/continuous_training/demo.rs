//! Shows every slot as it is settled, and does what the world does meanwhile: data comes in, and somebody asks the server.

use tokio::sync::mpsc::UnboundedReceiver;
use zen_core::metadata::{SlotRecord, SlotState};
use zen_core::prelude::*;
use zen_core::schedule::{SchedulerEvent, Tz};
use zen_examples::show;

use crate::client::Client as Asking;
use crate::collector::Collector;
use crate::options::Options;
use crate::report::{self, INDENT, Training};
use crate::schedules::TRAINING;
use crate::summary::Seen;

/// Follows the scheduler until it has ended.
pub(crate) async fn follow(
    mut events: UnboundedReceiver<SchedulerEvent>,
    mut collector: Option<Collector>,
    options: Options,
) -> Result<Seen> {
    let store = Client::open()?;
    let mut seen = Seen::default();
    let mut asking = None;
    while let Some(event) = events.recv().await {
        match event {
            SchedulerEvent::Settled { schedule, slot, .. } => {
                let shown = settled(&store, &schedule, &slot, options.timezone, &mut seen).await;
                // The schedules go on for months, whatever can't be read of one slot.
                let trained = match shown {
                    Ok(trained) => trained,
                    Err(error) => {
                        show(format!("trouble  {schedule}: {error}\n"))?;
                        false
                    }
                };
                if trained
                    && let Some(collector) = &mut collector
                    && let Some(words) = collector.deliver()?
                {
                    show(format!("{INDENT}-- the collector {words}\n"))?;
                }
                show("\n")?;
                // Only for a while: nobody needs to be asked a hundred times a second for months.
                if asking.is_none()
                    && options.bound().is_some()
                    && let Some(url) = seen.url()
                {
                    asking = Some(Asking::start(url)?);
                }
            }
            SchedulerEvent::Requeued { schedule, reason, .. } => {
                show(format!("{schedule:<9}{reason}: it is tried again\n\n"))?;
            }
            SchedulerEvent::Paused { schedule, reason, .. } => show(format!("{schedule:<9}{reason}\n\n"))?,
            SchedulerEvent::Trouble { error, .. } => show(format!("trouble  {error}\n\n"))?,
            SchedulerEvent::Stopping { running, .. } if running > 0 => {
                show(format!("stopping: {running} of the runs go on\n\n"))?;
            }
            SchedulerEvent::Cancelling { .. } => show("their time has passed: they are cancelled\n\n")?,
            _ => {}
        }
    }
    seen.asked = asking.map(Asking::stop).transpose()?;
    Ok(seen)
}

/// Shows a slot that is settled. Whether it was one that trained.
async fn settled(
    store: &Client,
    schedule: &str,
    slot: &SlotRecord,
    zone: Tz,
    seen: &mut Seen,
) -> Result<bool> {
    let mut text = report::slot(schedule, slot, zone);
    let run = slot.run.filter(|_| slot.state == SlotState::Completed);
    let run = run.map(|run| store.run(run)).transpose()?;
    let trains = schedule == TRAINING;
    let more = match &run {
        Some(run) if trains => {
            let training = Training::of(run).await?;
            let lines = training.lines(seen.images());
            seen.add(training);
            lines
        }
        Some(run) => report::batch(run).await?,
        None => String::new(),
    };
    if run.is_none() {
        seen.others += 1;
    }
    for line in more.lines() {
        text += &format!("{INDENT}{line}\n");
    }
    show(text)?;
    Ok(trains && run.is_some())
}
