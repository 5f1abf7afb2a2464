//! Settling a slot whose run has ended.

use std::sync::Arc;
use std::time::Duration;

use super::events::SchedulerEvent;
use super::failures::count;
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

/// How often a store that fails is asked by a scheduler that is to end.
const LAST_TRIES: u32 = 5;

/// How the run of a slot ended.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) state: SlotState,
    pub(super) reason: Option<String>,
    /// The run, when it began.
    pub(super) run: Option<Uuid>,
}

impl Outcome {
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self {
            state: SlotState::Failed,
            reason: Some(cut(reason.into())),
            run: None,
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
/// dies another scheduler settles it. That is also what becomes of it when this scheduler is to end and the store goes on failing.
///
/// Returns the slot as it was settled, with its schedule: for what is called after it.
pub(super) async fn settle(
    work: &Arc<Work>,
    schedule: &str,
    slot: SlotRecord,
    outcome: Outcome,
) -> Option<(ScheduleRecord, SlotRecord)> {
    let interrupted = work.is_cancelling() && outcome.state == SlotState::Cancelled;
    let (mut told, mut last_tries) = (false, 0);
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
                return Some((*record, *slot));
            }
            Ok(Settled::Lost) => {
                work.tell(&SchedulerEvent::Lost {
                    schedule: schedule.to_owned(),
                    slot: id,
                });
                return None;
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    work.trouble(error);
                }
                last_tries += u32::from(work.is_cancelling());
                if last_tries >= LAST_TRIES {
                    return None;
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
            if let Some(run) = outcome.run
                && is_open(stack, run)?
            {
                metadata.apply(&[Change::RunEnded {
                    run,
                    status: Status::Cancelled,
                    error: Some("its schedule was deleted while it went on".to_owned()),
                    ended: stack.clock().now(),
                }])?;
            }
            return Ok(Settled::Lost);
        };
        if slot.token == claimed.token && slot.holder == claimed.holder && slot.state.is_settled() {
            // Written before, by a store that then failed to say so: with this token, nobody else has.
            return Ok(Settled::Done(Box::new(slot), Box::new(record), None));
        }
        if slot.state != SlotState::Claimed || slot.token != claimed.token {
            return Ok(Settled::Lost);
        }
        let now = stack.clock().now();
        // Who asked for this run to be cancelled doesn't want it to be done again.
        let asked = match (interrupted, outcome.run) {
            (true, Some(run)) => metadata.cancel_requested(run)?.is_some(),
            _ => false,
        };
        // What can't be understood was written by another zen: its policy isn't known.
        let policy = match interrupted && !asked {
            true => Timing::of(&record)
                .ok()
                .map(|timing| timing.schedule.interrupted_policy()),
            false => None,
        };
        let slot = match policy {
            Some(Interrupted::Retry) => SlotRecord {
                state: SlotState::Queued,
                holder: None,
                claimed: None,
                ..slot
            },
            policy => SlotRecord {
                state: match policy {
                    Some(Interrupted::Missed) => SlotState::Missed,
                    _ => outcome.state,
                },
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
        if let Some(run) = outcome.run
            && is_open(stack, run)?
        {
            // Its process died, or the store failed, before it could be recorded how the run ended. From now on nobody else does.
            changes.push(Change::RunDied {
                run,
                error: slot.reason.clone().unwrap_or_default(),
                noticed: now,
            });
        }
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

/// Whether the run is recorded, and not as ended.
fn is_open(stack: &Stack, run: Uuid) -> Result<bool, MetadataError> {
    let run = stack.metadata().run(run)?;
    Ok(run.is_some_and(|run| !run.status.is_final()))
}
