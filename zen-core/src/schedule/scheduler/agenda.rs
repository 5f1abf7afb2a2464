//! The schedules a scheduler knows, and which of them want something.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::metadata::{MetadataError, MetadataStore, ScheduleRecord, ScheduleState, SlotRecord, SlotState};
use crate::schedule::options::Timing;
use crate::schedule::plan::{LONGEST_QUEUE, claimable};
use crate::schedule::{CatchUp, Schedule, SchedulingError};

/// A schedule as it was last read.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) record: ScheduleRecord,
    pub(super) schedule: Schedule,
    /// Its slots that aren't settled.
    pub(super) open: Vec<SlotRecord>,
    /// When its next slot is due.
    next: Option<DateTime<Utc>>,
    /// When the first slot was due that may be claimed.
    first: Option<DateTime<Utc>>,
}

/// All schedules, in the order in which they want something.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// The store's revision that this reflects.
    revision: u64,
    known: HashMap<Uuid, Known>,
    /// When what is due next.
    due: BTreeSet<(DateTime<Utc>, Uuid)>,
    /// Which have slots that may be claimed, by the first of them.
    waiting: BTreeSet<(DateTime<Utc>, Uuid)>,
    /// Which have slots that somebody has claimed.
    claimed: HashSet<Uuid>,
    /// Which can't be understood.
    unreadable: HashSet<Uuid>,
}

impl Agenda {
    /// Reads what has changed since the last time. Returns what can't be understood.
    pub(super) fn refresh(
        &mut self,
        metadata: &dyn MetadataStore,
    ) -> Result<Vec<Arc<SchedulingError>>, MetadataError> {
        let revision = metadata.schedule_revision()?;
        if revision == self.revision {
            return Ok(Vec::new());
        }
        if revision < self.revision {
            // An older copy of the store has taken its place.
            *self = Self::default();
        }
        let changes = metadata.schedule_changes(self.revision)?;
        let mut troubles = Vec::new();
        let mut open: HashMap<Uuid, Vec<SlotRecord>> = HashMap::new();
        for slot in changes.open {
            open.entry(slot.schedule).or_default().push(slot);
        }
        for schedule in changes.deleted {
            self.forget(schedule);
            self.unreadable.remove(&schedule);
        }
        for record in changes.changed {
            self.forget(record.id);
            self.unreadable.remove(&record.id);
            match Timing::of(&record) {
                Ok(timing) => {
                    let open = open.remove(&record.id).unwrap_or_default();
                    self.learn(record, timing.fixed(), open);
                }
                Err(error) => {
                    self.unreadable.insert(record.id);
                    troubles.push(Arc::new(error));
                }
            }
        }
        self.revision = changes.revision;
        Ok(troubles)
    }

    fn forget(&mut self, schedule: Uuid) {
        if let Some(known) = self.known.remove(&schedule) {
            if let Some(next) = known.next {
                self.due.remove(&(next, schedule));
            }
            if let Some(first) = known.first {
                self.waiting.remove(&(first, schedule));
            }
            self.claimed.remove(&schedule);
        }
    }

    fn learn(&mut self, record: ScheduleRecord, schedule: Schedule, open: Vec<SlotRecord>) {
        let id = record.id;
        // Where as many wait as may, and none is to be lost, the next one comes when one of these has had its turn.
        let full = open.len() >= LONGEST_QUEUE && schedule.catch_up_policy() == CatchUp::All;
        let next = match record.state {
            ScheduleState::Active if !full => schedule.next_after(record.cursor),
            _ => None,
        };
        if let Some(next) = next {
            self.due.insert((next, id));
        }
        let first = claimable(schedule.overlap_policy(), record.state, &open)
            .first()
            .map(|slot| slot.due);
        if let Some(first) = first {
            self.waiting.insert((first, id));
        }
        if open.iter().any(|slot| slot.state == SlotState::Claimed) {
            self.claimed.insert(id);
        }
        self.known.insert(
            id,
            Known {
                record,
                schedule,
                open,
                next,
                first,
            },
        );
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn get(&self, schedule: Uuid) -> Option<&Known> {
        self.known.get(&schedule)
    }

    /// Whether it is there, and was written by a zen that this one doesn't understand.
    pub(super) fn is_unreadable(&self, schedule: Uuid) -> bool {
        self.unreadable.contains(&schedule)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Known> {
        self.known.values()
    }

    /// When the next slot of any schedule is due.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.due.first().map(|(due, _)| *due)
    }

    /// The schedules that have something due at `now`, and those with something to claim when there is room for it, in the order of time; at most
    /// `limit`. What waits and `is_left` to others is left out.
    pub(super) fn wanting(
        &self,
        now: DateTime<Utc>,
        room: bool,
        limit: usize,
        is_left: impl Fn(&Uuid) -> bool,
    ) -> Vec<Uuid> {
        let due = self.due.range(..=(now, Uuid::max())).take(limit);
        let waiting = self.waiting.iter().filter(|(_, schedule)| !is_left(schedule));
        let waiting = waiting.take(if room { limit } else { 0 });
        let mut wanting: Vec<_> = waiting.chain(due).copied().collect();
        wanting.sort_unstable();
        let mut seen = HashSet::new();
        wanting.retain(|(_, schedule)| seen.insert(*schedule));
        wanting.truncate(limit);
        wanting.into_iter().map(|(_, schedule)| schedule).collect()
    }

    /// Whether the schedule has something to claim.
    pub(super) fn is_waiting(&self, schedule: Uuid) -> bool {
        self.known
            .get(&schedule)
            .is_some_and(|known| known.first.is_some())
    }

    /// Whether something is due.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.next().is_some_and(|next| next <= now)
    }

    /// The slots that are claimed, with their schedules.
    pub(super) fn claimed(&self) -> impl Iterator<Item = (&ScheduleRecord, &SlotRecord)> {
        let known = self
            .claimed
            .iter()
            .filter_map(|schedule| self.known.get(schedule));
        let slots = known.flat_map(|known| known.open.iter().map(|slot| (&known.record, slot)));
        slots.filter(|(_, slot)| slot.state == SlotState::Claimed)
    }
}
