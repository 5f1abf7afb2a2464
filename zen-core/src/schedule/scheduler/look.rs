//! One look at everything that wants something, and what is done about it in the store.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::agenda::Agenda;
use super::draft::{Accepted, Draft};
use super::events::SchedulerEvent;
use super::fire::{Ability, ability};
use super::others::{Others, Terms};
use super::work::Claim;
use crate::metadata::{CancelRequest, MetadataError, RunRecord, ScheduleRecord, SlotRecord};
use crate::schedule::SchedulingError;
use crate::stack::Stack;

/// How many schedules are written of in one transaction: the first are to start while the rest is still being written.
const GROUP: usize = 128;

/// A cursor ahead of the clock by more than this was put there by a clock that was wrong.
const AHEAD: TimeDelta = TimeDelta::seconds(60);

/// What a scheduler knows, between its looks.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) stack: Stack,
    pub(super) me: Uuid,
    pub(super) agenda: Agenda,
    others: Others,
    /// The clock went back, or nobody has looked yet.
    rewind: bool,
    /// Schedules with slots to claim that this process can't run, and since when that is so: others have some time to take them.
    left_to_others: HashMap<Uuid, Instant>,
}

/// What came of a look.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The slots that are this scheduler's to fire now.
    pub(super) claimed: Vec<(ScheduleRecord, SlotRecord)>,
    pub(super) events: Vec<SchedulerEvent>,
    /// The slots that were settled after they had been fired by a scheduler that died.
    pub(super) settled: Vec<(ScheduleRecord, SlotRecord)>,
    /// There is more to do at once.
    pub(super) again: bool,
    /// Something could not be written: it is tried again, but not at once.
    pub(super) failed: bool,
    /// When the next slot is due.
    pub(super) next: Option<DateTime<Utc>>,
    pub(super) schedules: usize,
}

impl Desk {
    pub(super) fn new(stack: Stack, me: Uuid, terms: Terms) -> Self {
        Self {
            stack,
            me,
            agenda: Agenda::default(),
            others: Others::new(terms),
            rewind: true,
            left_to_others: HashMap::new(),
        }
    }

    /// The wall clock went back: cursors ahead of it are looked at.
    pub(super) fn clock_went_back(&mut self) {
        self.rewind = true;
    }

    /// Looks at what has changed and what is due at `now`, and claims at most `capacity` slots.
    ///
    /// `busy` are the claims it works on: what it has claimed besides, without having learnt of it because the store failed to answer, is its to
    /// fire too.
    pub(super) fn look(
        &mut self,
        now: DateTime<Utc>,
        capacity: usize,
        busy: &HashMap<Claim, Uuid>,
    ) -> Result<Seen, MetadataError> {
        let mut seen = Seen::default();
        self.refresh(&mut seen)?;
        let forgotten = self
            .agenda
            .claimed()
            .filter(|(_, slot)| slot.holder == Some(self.me) && !busy.contains_key(&(slot.id, slot.token)));
        let forgotten: Vec<_> = forgotten
            .map(|(schedule, slot)| (schedule.clone(), slot.clone()))
            .collect();
        let capacity = capacity.saturating_sub(forgotten.len());
        seen.claimed = forgotten;
        if std::mem::take(&mut self.rewind) {
            self.set_back(now, &mut seen)
                .inspect_err(|_| self.rewind = true)?;
        }
        self.take_over(now, &mut seen)?;
        self.forget_what_others_took();
        // Without room for a run, what is due is decided on all the same.
        let patience = self.others.patience();
        let is_left = |schedule: &Uuid| {
            let since = self.left_to_others.get(schedule);
            since.is_some_and(|since| since.elapsed() <= patience)
        };
        let wanting = self.agenda.wanting(now, capacity > 0, GROUP, is_left);
        if !wanting.is_empty() {
            let (me, mut left, stack) = (self.me, capacity, self.stack.clone());
            let mut left_to_others = std::mem::take(&mut self.left_to_others);
            let again = self.write(&wanting, now, &mut seen, |draft, metadata| {
                draft.plan(metadata)?;
                left -= draft.claim(me, left, busy, |schedule| {
                    is_able(&stack, schedule, &mut left_to_others, patience)
                });
                Ok(())
            });
            self.left_to_others = left_to_others;
            // Those that were refused are decided on anew, on what they are now. Where something was claimed there may be more of it.
            let more = left > 0 && (left < capacity || wanting.len() == GROUP);
            seen.again |= again? || self.agenda.is_due(now) || more;
        }
        seen.next = self.agenda.next();
        seen.schedules = self.agenda.len();
        Ok(seen)
    }

    /// Looks only which of its claims are lost.
    pub(super) fn look_for_losses(
        &mut self,
        busy: &HashMap<Claim, Uuid>,
    ) -> Result<Vec<Claim>, MetadataError> {
        self.refresh(&mut Seen::default())?;
        Ok(self.lost(busy))
    }

    /// Which of the claims it works on (with their schedules) are not valid any more: somebody else has taken the slot over, and may have
    /// settled it already, or it went with its schedule.
    pub(super) fn lost(&self, busy: &HashMap<Claim, Uuid>) -> Vec<Claim> {
        let is_held = |(slot, token): Claim, schedule: Uuid| {
            if self.agenda.is_unreadable(schedule) {
                // Nothing says otherwise, and the store refuses what isn't held.
                return true;
            }
            let known = self.agenda.get(schedule);
            let open = known.and_then(|known| known.open.iter().find(|open| open.id == slot));
            // One that this scheduler has just settled itself has no run that goes on.
            open.is_some_and(|open| open.holder == Some(self.me) && open.token == token)
        };
        let lost = busy
            .iter()
            .filter(|(claim, schedule)| !is_held(**claim, **schedule));
        lost.map(|(claim, _)| *claim).collect()
    }

    /// Forgets what others have taken by now.
    fn forget_what_others_took(&mut self) {
        let agenda = &self.agenda;
        self.left_to_others
            .retain(|schedule, _| agenda.is_waiting(*schedule));
    }

    fn refresh(&mut self, seen: &mut Seen) -> Result<(), MetadataError> {
        let troubles = self.agenda.refresh(&**self.stack.metadata())?;
        let trouble = |error| SchedulerEvent::Trouble { error };
        seen.events.extend(troubles.into_iter().map(trouble));
        Ok(())
    }

    /// Writes a draft of each of these schedules. Returns whether there is more to do at once: something was refused, or left over.
    fn write(
        &mut self,
        schedules: &[Uuid],
        now: DateTime<Utc>,
        seen: &mut Seen,
        mut work: impl FnMut(&mut Draft<'_>, &dyn crate::metadata::MetadataStore) -> Result<(), MetadataError>,
    ) -> Result<bool, MetadataError> {
        let metadata = Arc::clone(self.stack.metadata());
        let (mut lists, mut drafts) = (Vec::new(), Vec::new());
        for schedule in schedules {
            let Some(known) = self.agenda.get(*schedule) else {
                continue;
            };
            let mut draft = Draft::of(known, now);
            work(&mut draft, &*metadata)?;
            if let Some((changes, accepted)) = draft.finish(&known.record) {
                lists.push(changes);
                drafts.push(accepted);
            }
        }
        if lists.is_empty() {
            return Ok(false);
        }
        let (mut again, mut failed) = (false, None);
        for (result, accepted) in metadata.apply_each(&lists).into_iter().zip(drafts) {
            match result {
                Ok(()) => {
                    again |= accepted.more;
                    seen.accept(accepted);
                }
                Err(MetadataError::Stale { .. }) => again = true,
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            let error = Arc::new(SchedulingError::from(error));
            seen.events.push(SchedulerEvent::Trouble { error });
            seen.failed = true;
        }
        // What was written is known from the store alone: it gave the new revisions.
        self.refresh(seen)?;
        Ok(again)
    }

    /// Puts cursors back that are ahead of the clock.
    fn set_back(&mut self, now: DateTime<Utc>, seen: &mut Seen) -> Result<(), MetadataError> {
        let ahead: Vec<Uuid> = self
            .agenda
            .all()
            .filter(|known| known.record.cursor > now + AHEAD)
            .map(|known| known.record.id)
            .collect();
        for group in ahead.chunks(GROUP) {
            let again = self.write(group, now, seen, |draft, metadata| draft.rewind(metadata))?;
            self.rewind |= again || seen.failed;
        }
        Ok(())
    }

    /// Takes over what dead schedulers had claimed.
    fn take_over(&mut self, now: DateTime<Utc>, seen: &mut Seen) -> Result<(), MetadataError> {
        let claimed = self.agenda.claimed().map(|(_, slot)| slot);
        let others: Vec<SlotRecord> = claimed
            .filter(|slot| slot.holder != Some(self.me))
            .cloned()
            .collect();
        if others.is_empty() {
            self.others.forget();
            return Ok(());
        }
        let holders: HashSet<Uuid> = others.iter().filter_map(|slot| slot.holder).collect();
        let dead = self.others.dead(&self.stack, &holders)?;
        if dead.is_empty() {
            return Ok(());
        }
        let metadata = Arc::clone(self.stack.metadata());
        let mut slots: HashMap<Uuid, Vec<Orphan>> = HashMap::new();
        for slot in others {
            if slot.holder.is_none_or(|holder| dead.contains(&holder)) {
                let run = match slot.run {
                    Some(run) => metadata.run(run)?,
                    None => None,
                };
                let cancel = match slot.run {
                    Some(run) => metadata.cancel_requested(run)?,
                    None => None,
                };
                slots.entry(slot.schedule).or_default().push((slot, run, cancel));
            }
        }
        let schedules: Vec<Uuid> = slots.keys().copied().collect();
        for group in schedules.chunks(GROUP) {
            let again = self.write(group, now, seen, |draft, _| {
                let of = draft.schedule_id();
                for (slot, run, cancel) in slots.get(&of).into_iter().flatten() {
                    draft.take_over(slot, run.as_ref(), cancel.as_ref());
                }
                Ok(())
            })?;
            seen.again |= again;
        }
        Ok(())
    }
}

/// A slot whose scheduler is dead, with its run, and who has asked for that to be cancelled.
type Orphan = (SlotRecord, Option<RunRecord>, Option<CancelRequest>);

/// Whether this process is to claim slots of the schedule: it can run them, or nobody else has for long, so that somebody has to say why.
fn is_able(
    stack: &Stack,
    schedule: &ScheduleRecord,
    left_to_others: &mut HashMap<Uuid, Instant>,
    patience: Duration,
) -> bool {
    if !matches!(ability(stack, schedule), Ability::Not(_)) {
        return true;
    }
    let since = *left_to_others.entry(schedule.id).or_insert_with(Instant::now);
    let is_over = since.elapsed() > patience;
    if is_over {
        // The next slot is left to others for as long.
        left_to_others.remove(&schedule.id);
    }
    is_over
}

impl Seen {
    fn accept(&mut self, accepted: Accepted) {
        let schedule = accepted.schedule;
        for slot in accepted.claimed {
            self.claimed.push((schedule.clone(), slot));
        }
        for event in &accepted.events {
            if let SchedulerEvent::Settled { slot, .. } = event
                && slot.state.has_fired()
            {
                self.settled.push((schedule.clone(), slot.clone()));
            }
        }
        self.events.extend(accepted.events);
    }
}
