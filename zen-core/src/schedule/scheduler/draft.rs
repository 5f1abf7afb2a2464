//! What a scheduler wants to write of one schedule: decided on what it has read, and refused by the store when that has changed since.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::agenda::Known;
use super::events::SchedulerEvent;
use super::failures::count;
use super::work::Claim;
use crate::metadata::{
    CancelRequest, Change, MetadataError, MetadataStore, RunRecord, ScheduleRecord, ScheduleState, SlotCause,
    SlotFilter, SlotRecord, SlotState, Status,
};
use crate::schedule::plan::{Decided, Fate, Plan, Situation, claimable};
use crate::schedule::view::new_slot;
use crate::schedule::{CatchUp, Interrupted, Overlap, Schedule};

/// How often a slot's scheduler may die before the slot counts as failed: its run is the likely reason.
const DEATHS: u32 = 3;

/// Changes of a schedule and of its slots that hang together.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    schedule: &'a Schedule,
    record: ScheduleRecord,
    open: Vec<SlotRecord>,
    /// The slots that are written.
    slots: Vec<SlotRecord>,
    /// What is written besides.
    changes: Vec<Change>,
    events: Vec<SchedulerEvent>,
    /// Those that are claimed by it.
    claimed: Vec<SlotRecord>,
    more: bool,
    now: DateTime<Utc>,
}

/// What comes of a draft when the store accepts it.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) schedule: ScheduleRecord,
    pub(super) claimed: Vec<SlotRecord>,
    pub(super) events: Vec<SchedulerEvent>,
    /// There is more to decide at once.
    pub(super) more: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn of(known: &'a Known, now: DateTime<Utc>) -> Self {
        Self {
            schedule: &known.schedule,
            record: known.record.clone(),
            open: known.open.clone(),
            slots: Vec::new(),
            changes: Vec::new(),
            events: Vec::new(),
            claimed: Vec::new(),
            more: false,
            now,
        }
    }

    pub(super) fn schedule_id(&self) -> Uuid {
        self.record.id
    }

    fn put(&mut self, slot: SlotRecord) {
        self.open.retain(|open| open.id != slot.id);
        if !slot.state.is_settled() {
            self.open.push(slot.clone());
        }
        self.slots.retain(|other| other.id != slot.id);
        self.slots.push(slot);
    }

    fn settle(&mut self, slot: SlotRecord, state: SlotState, reason: Option<String>) {
        let slot = SlotRecord {
            state,
            reason: reason.map(crate::metadata::cut),
            ended: Some(self.now),
            ..slot
        };
        self.events.push(SchedulerEvent::Settled {
            schedule: self.record.name.clone(),
            slot: slot.clone(),
        });
        self.put(slot);
    }

    /// Settles what waits for its turn: it was counted as fired when that was to come.
    fn let_go(&mut self, state: SlotState, reason: &str) {
        let waiting = |slot: &&SlotRecord| slot.state == SlotState::Queued && slot.cause == SlotCause::Due;
        let waiting: Vec<SlotRecord> = self.open.iter().filter(waiting).cloned().collect();
        for slot in waiting {
            self.record.fired = self.record.fired.saturating_sub(1);
            self.settle(slot, state, Some(reason.to_owned()));
        }
    }

    /// Of slots that wait, the newest is wanted alone: those before make way when another one comes due.
    fn make_way(&mut self) {
        let latest = self.schedule.catch_up_policy() == CatchUp::Latest
            && self.schedule.overlap_policy() == Overlap::Skip;
        let busy = self.open.iter().any(|slot| slot.state == SlotState::Claimed);
        let due = self.schedule.next_after(self.record.cursor);
        if latest && !busy && due.is_some_and(|due| due <= self.now) {
            self.let_go(
                SlotState::Missed,
                "it had not been fired, or its run not ended, when a later one was due, which makes up for it",
            );
        }
    }

    /// Decides on what has come due.
    pub(super) fn plan(&mut self, metadata: &dyn MetadataStore) -> Result<(), MetadataError> {
        if self.record.state != ScheduleState::Active {
            return Ok(());
        }
        self.make_way();
        let taken = match self.record.cursor < self.record.reached {
            true => recorded_from(metadata, &self.record, self.record.cursor)?,
            false => Vec::new(),
        };
        let situation = Situation {
            schedule: self.schedule,
            cursor: self.record.cursor,
            fired: self.record.fired,
            open: &self.open,
            taken: &taken,
            now: self.now,
        };
        let Plan {
            slots,
            cursor,
            ended,
            more,
        } = situation.plan();
        self.more = more;
        for decided in slots {
            self.decide(decided);
        }
        self.record.cursor = cursor;
        self.record.reached = self.record.reached.max(cursor);
        if let Some(reason) = ended {
            self.record.state = ScheduleState::Ended;
            self.record.reason = Some(reason);
        }
        Ok(())
    }

    fn decide(&mut self, decided: Decided) {
        let slot = SlotRecord {
            last: decided.last,
            count: decided.count,
            ..new_slot(self.record.id, crate::ids::next(), decided.due)
        };
        match decided.fate {
            Fate::Fire { late } => {
                self.record.fired += 1;
                self.put(SlotRecord { late, ..slot });
            }
            Fate::Skip(reason) => self.settle(slot, SlotState::Skipped, Some(reason)),
            Fate::Miss(reason) => self.settle(slot, SlotState::Missed, Some(reason)),
        }
    }

    /// Claims what may be fired now, at most `capacity` slots. Returns how many.
    ///
    /// What this process can't run, which `is_able` tells, is left to others. Left alone is what it still works on with an older claim,
    /// which another scheduler has taken from it meanwhile and given back.
    pub(super) fn claim(
        &mut self,
        me: Uuid,
        capacity: usize,
        busy: &HashMap<Claim, Uuid>,
        is_able: impl FnOnce(&ScheduleRecord) -> bool,
    ) -> usize {
        let waiting = claimable(self.schedule.overlap_policy(), self.record.state, &self.open);
        if waiting.is_empty() || !is_able(&self.record) {
            return 0;
        }
        let is_mine = |slot: &SlotRecord| !busy.keys().any(|(id, _)| *id == slot.id);
        let taken: Vec<SlotRecord> = waiting
            .into_iter()
            .filter(|slot| is_mine(slot))
            .take(capacity)
            .cloned()
            .collect();
        for slot in &taken {
            let slot = SlotRecord {
                state: SlotState::Claimed,
                token: slot.token + 1,
                holder: Some(me),
                claimed: Some(self.now),
                ..slot.clone()
            };
            self.claimed.push(slot.clone());
            self.put(slot);
        }
        taken.len()
    }

    /// Settles, or gives back, what a dead scheduler had claimed. `cancel` says that somebody has asked for its run to be cancelled.
    pub(super) fn take_over(
        &mut self,
        slot: &SlotRecord,
        run: Option<&RunRecord>,
        cancel: Option<&CancelRequest>,
    ) {
        // As it was when its holder was found dead: somebody else may have taken it over since.
        let is_it = |open: &&SlotRecord| {
            open.id == slot.id && open.state == SlotState::Claimed && open.token == slot.token
        };
        let Some(slot) = self.open.iter().find(is_it).cloned() else {
            return;
        };
        let slot = SlotRecord {
            deaths: slot.deaths + 1,
            // Whoever had it can tell that it has lost it.
            token: slot.token + 1,
            ..slot
        };
        // A run that nobody has asked to cancel is cancelled by its scheduler alone, because that one was stopped or has died: it was interrupted.
        let by_itself =
            |run: &&RunRecord| run.status.is_final() && run.status != Status::Cancelled && !run.died;
        if let Some(run) = run.filter(by_itself) {
            // It had ended: only the slot was still to be settled.
            let state = match run.status {
                Status::Completed => SlotState::Completed,
                _ => SlotState::Failed,
            };
            let error = run.error.clone();
            self.count(state, error.as_deref());
            return self.settle(slot, state, error);
        }
        if let Some(run) = run.filter(|run| !run.status.is_final()) {
            self.changes.push(Change::RunDied {
                run: run.id,
                error: "the scheduler that executed it died or was not heard of any more, and another one has taken its slot over"
                    .to_owned(),
                noticed: self.now,
            });
        }
        if let Some(cancel) = cancel {
            // Not to be done again, whatever the policy says.
            let reason = format!("cancelled on request by {}", cancel.by);
            return self.settle(slot, SlotState::Cancelled, Some(reason));
        }
        match self.schedule.interrupted_policy() {
            Interrupted::Missed => self.settle(
                slot,
                SlotState::Missed,
                Some("its scheduler died before the run had ended".to_owned()),
            ),
            _ if slot.deaths >= DEATHS => {
                let reason = format!(
                    "its scheduler died {} times while it held this slot: the run is the likely reason (lack of memory, abort)",
                    slot.deaths
                );
                self.count(SlotState::Failed, Some(&reason));
                self.settle(slot, SlotState::Failed, Some(reason));
            }
            _ => {
                let slot = SlotRecord {
                    state: SlotState::Queued,
                    holder: None,
                    claimed: None,
                    ..slot
                };
                self.events.push(SchedulerEvent::Requeued {
                    schedule: self.record.name.clone(),
                    slot: slot.clone(),
                    reason: "its scheduler died".to_owned(),
                });
                self.put(slot);
            }
        }
    }

    fn count(&mut self, state: SlotState, error: Option<&str>) {
        if let Some(reason) = count(&mut self.record, state, error) {
            self.let_go(SlotState::Skipped, "the schedule was paused");
            self.events.push(SchedulerEvent::Paused {
                schedule: self.record.name.clone(),
                reason,
            });
        }
    }

    /// The clock went back: slots after it that were not fired come again, and what was said of them is withdrawn. Those that were fired are
    /// not fired again.
    pub(super) fn rewind(&mut self, metadata: &dyn MetadataStore) -> Result<(), MetadataError> {
        let recorded = recorded_from(metadata, &self.record, self.now)?;
        let is_waiting =
            |slot: &&SlotRecord| slot.state == SlotState::Queued && slot.token == 0 && slot.due > self.now;
        let waiting = recorded.iter().filter(is_waiting).count() as u64;
        let limit = self.schedule.run_limit();
        let left = limit.is_none_or(|limit| self.record.fired.saturating_sub(waiting) < limit);
        // Nothing comes again of a schedule that is paused, or has had all its runs: what was said stands.
        let goes_on = match self.record.state {
            ScheduleState::Active => true,
            ScheduleState::Paused => false,
            ScheduleState::Ended => left,
        };
        for slot in recorded {
            let unfired = matches!(
                slot.state,
                SlotState::Missed | SlotState::Skipped | SlotState::Queued
            );
            // One of a time table that has been replaced since doesn't come again.
            let before = slot.due - TimeDelta::microseconds(1);
            let comes_again = goes_on && self.schedule.next_after(before) == Some(slot.due);
            if !unfired || slot.token > 0 || !comes_again {
                continue;
            }
            if slot.due > self.now {
                if slot.state == SlotState::Queued {
                    self.record.fired = self.record.fired.saturating_sub(1);
                }
                self.open.retain(|open| open.id != slot.id);
                self.changes.push(Change::SlotWithdrawn { slot: slot.id });
            } else if slot.last > self.now {
                let slots = self.schedule.after(before);
                let (mut last, mut count) = (slot.due, 0);
                for due in slots.take_while(|due| *due <= self.now) {
                    last = due;
                    count += 1;
                }
                self.put(SlotRecord { last, count, ..slot });
            }
        }
        self.record.cursor = self.now;
        if self.record.state == ScheduleState::Ended && left && self.schedule.next_after(self.now).is_some() {
            self.record.state = ScheduleState::Active;
            self.record.reason = None;
        }
        Ok(())
    }

    /// What is to be written, and what comes of it; none when nothing has changed.
    pub(super) fn finish(self, before: &ScheduleRecord) -> Option<(Vec<Change>, Accepted)> {
        if self.slots.is_empty() && self.changes.is_empty() && self.record == *before {
            return None;
        }
        // First: where another scheduler was quicker, it is stale, before a slot is refused that is there already.
        let mut changes = vec![Change::Schedule(Box::new(self.record.clone()))];
        changes.extend(self.changes);
        changes.extend(self.slots.into_iter().map(|slot| Change::Slot(Box::new(slot))));
        let accepted = Accepted {
            schedule: self.record,
            claimed: self.claimed,
            events: self.events,
            more: self.more,
        };
        Some((changes, accepted))
    }
}

/// The slots that came due at `from` or later.
fn recorded_from(
    metadata: &dyn MetadataStore,
    record: &ScheduleRecord,
    from: DateTime<Utc>,
) -> Result<Vec<SlotRecord>, MetadataError> {
    let mut slots = metadata.slots(&SlotFilter {
        schedule: Some(record.id),
        from: Some(from),
        ..SlotFilter::default()
    })?;
    slots.retain(|slot| slot.cause == SlotCause::Due);
    Ok(slots)
}
