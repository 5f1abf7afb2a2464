//! Settling a slot whose run has ended.

use std::sync::Arc;
use std::time::Duration;

use super::events::SchedulerEvent;
use super::failures::count;
use super::hooks::call_hooks;
use super::work::Work;
use crate::client::blocking;
use crate::metadata::{Change, MetadataError, ScheduleRecord, SlotRecord, SlotState, Status, cut};
use crate::schedule::options::Timing;
use crate::schedule::view::skip_waiting;
use crate::schedule::{Interrupted, SchedulingError};
use crate::stack::Stack;
use uuid::Uuid;

/// How long to wait before a store that failed is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// How the run of a slot ended.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) state: SlotState,
    pub(super) reason: Option<String>,
    /// The run, when it was executed here.
    pub(super) run: Option<Uuid>,
    /// The schedule's hooks were called already, in the program that has them.
    pub(super) hooked: bool,
}

impl Outcome {
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self {
            state: SlotState::Failed,
            reason: Some(cut(reason.into())),
            run: None,
            hooked: false,
        }
    }
}

/// What came of it.
enum Settled {
    /// The slot and the schedule as they stand now, and why that was paused.
    Done(Box<SlotRecord>, Box<ScheduleRecord>, Option<String>),
    /// It is another scheduler's, or gone with its schedule.
    Lost,
}

/// Records how a slot ended. A store that fails is asked again until it answers: meanwhile the slot stays claimed, and when this process
/// dies another scheduler settles it.
pub(super) async fn settle(work: &Arc<Work>, schedule: &str, slot: SlotRecord, outcome: Outcome) {
    let interrupted = work.is_cancelling() && outcome.state == SlotState::Cancelled;
    let (mut told, hooked) = (false, outcome.hooked);
    loop {
        let (stack, slot, outcome) = (work.stack.clone(), slot.clone(), outcome.clone());
        let id = slot.id;
        let settled = blocking(move || Ok(settle_now(&stack, &slot, &outcome, interrupted))).await;
        match settled.map_err(SchedulingError::from).and_then(|settled| settled) {
            Ok(Settled::Done(slot, record, paused)) => {
                let schedule = record.name.clone();
                let event = match slot.state {
                    SlotState::Queued => SchedulerEvent::Requeued {
                        schedule: schedule.clone(),
                        slot: (*slot).clone(),
                        reason: "its scheduler was stopped".to_owned(),
                    },
                    _ => SchedulerEvent::Settled {
                        schedule: schedule.clone(),
                        slot: (*slot).clone(),
                    },
                };
                work.tell(&event);
                if let Some(reason) = paused {
                    work.tell(&SchedulerEvent::Paused { schedule, reason });
                }
                if !hooked {
                    call_hooks(&work.stack, &record, &slot).await;
                }
                return;
            }
            Ok(Settled::Lost) => {
                return work.tell(&SchedulerEvent::Lost {
                    schedule: schedule.to_owned(),
                    slot: id,
                });
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    work.trouble(error);
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn settle_now(
    stack: &Stack,
    claimed: &SlotRecord,
    outcome: &Outcome,
    interrupted: bool,
) -> Result<Settled, SchedulingError> {
    let metadata = stack.metadata();
    loop {
        let (Some(mut record), Some(slot)) =
            (metadata.schedule(claimed.schedule)?, metadata.slot(claimed.id)?)
        else {
            // Nobody else can have taken it: what the run has not been able to say is said for it.
            if let Some(run) = outcome.run {
                metadata.apply(&[Change::RunEnded {
                    run,
                    status: Status::Cancelled,
                    error: Some("its schedule was deleted while it went on".to_owned()),
                    ended: stack.clock().now(),
                }])?;
            }
            return Ok(Settled::Lost);
        };
        if slot.state != SlotState::Claimed || slot.token != claimed.token {
            return Ok(Settled::Lost);
        }
        let now = stack.clock().now();
        // What can't be understood was written by another zen: its policy isn't known.
        let again = interrupted
            && Timing::of(&record)
                .is_ok_and(|timing| timing.schedule.interrupted_policy() == Interrupted::Retry);
        let slot = match again {
            true => SlotRecord {
                state: SlotState::Queued,
                holder: None,
                claimed: None,
                ..slot
            },
            false => SlotRecord {
                state: outcome.state,
                reason: outcome.reason.clone().or(slot.reason),
                ended: Some(now),
                ..slot
            },
        };
        let before = record.state;
        let paused = count(&mut record, slot.state, slot.reason.as_deref());
        let mut changes = vec![Change::SlotFenced {
            slot: slot.id,
            token: slot.token,
        }];
        changes.push(Change::Slot(Box::new(slot.clone())));
        if record.state != before {
            changes.extend(skip_waiting(stack, &mut record, "the schedule was paused")?);
        }
        changes.push(Change::Schedule(Box::new(record.clone())));
        match metadata.apply(&changes) {
            Ok(()) => return Ok(Settled::Done(Box::new(slot), Box::new(record), paused)),
            Err(MetadataError::Stale { .. }) => {}
            Err(MetadataError::SlotTaken { .. }) => return Ok(Settled::Lost),
            Err(error) => return Err(error.into()),
        }
    }
}
