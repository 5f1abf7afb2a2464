//! Schedules and their slots as programs see and change them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::create::{TRIES, begin};
use super::options::Timing;
use super::{Schedule, SchedulingError, SlotView};
use crate::client::{Client, RunView, blocking};
use crate::metadata::{
    Change, MetadataError, RunFilter, ScheduleFilter, ScheduleRecord, ScheduleState, SlotCause, SlotFilter,
    SlotRecord, SlotState,
};
use crate::stack::Stack;

impl Client {
    /// Deletes a schedule by its name, as [`ScheduleView::delete`] does: also one that was written by a zen that this one doesn't understand.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub async fn delete_schedule(&self, name: &str) -> Result<(), SchedulingError> {
        let stack = self.stack().clone();
        match stack.metadata().schedule_named(name)? {
            Some(record) => Ok(blocking(move || Ok(delete_now(&stack, record.id)?)).await?),
            None => Err(no_schedule(&stack, name)?),
        }
    }

    /// Schedules, by name.
    ///
    /// # Errors
    /// When the metadata store fails, or one was written by a zen whose schedules this one doesn't understand.
    pub fn schedules(&self, filter: &ScheduleFilter) -> Result<Vec<ScheduleView>, SchedulingError> {
        let records = self.stack().metadata().schedules(filter)?;
        records
            .into_iter()
            .map(|record| ScheduleView::new(self.stack().clone(), record))
            .collect()
    }

    /// As [`schedules`](Self::schedules), each by itself: one that this zen doesn't understand hides no other.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn schedules_each(
        &self,
        filter: &ScheduleFilter,
    ) -> Result<Vec<Result<ScheduleView, UnreadableSchedule>>, SchedulingError> {
        let records = self.stack().metadata().schedules(filter)?;
        let view = |record: ScheduleRecord| {
            let name = record.name.clone();
            ScheduleView::new(self.stack().clone(), record)
                .map_err(|error| UnreadableSchedule { name, error })
        };
        Ok(records.into_iter().map(view).collect())
    }

    /// One schedule by its name.
    ///
    /// ```
    /// # use zen_core::prelude::*;
    /// # use zen_core::schedule::Schedule;
    /// # use std::time::Duration;
    /// # #[step]
    /// # fn one() -> u8 { 1 }
    /// # #[pipeline]
    /// # fn hourly() -> Artifact<u8> { one() }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let stack = Stack::in_memory()?;
    /// # hourly().schedule("hourly", Schedule::every(Duration::from_secs(3600))?).on(&stack).await?;
    /// let client = Client::of(stack); // `Client::open()` is the project's
    /// let hourly = client.schedule("hourly")?.pause("the data is being moved").await?;
    /// assert_eq!(hourly.next(), None);
    /// let slot = hourly.trigger().await?; // a run now, all the same
    /// println!("{}", slot.state());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is none; the error names similar ones.
    pub fn schedule(&self, name: &str) -> Result<ScheduleView, SchedulingError> {
        let metadata = self.stack().metadata();
        match metadata.schedule_named(name)? {
            Some(record) => ScheduleView::new(self.stack().clone(), record),
            None => Err(no_schedule(self.stack(), name)?),
        }
    }
}

/// A schedule that was written by a zen which this one doesn't understand, or is damaged. [`Client::delete_schedule`] removes it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{error}")]
#[non_exhaustive]
pub struct UnreadableSchedule {
    /// Its name.
    pub name: String,
    /// What can't be read.
    #[source]
    pub error: SchedulingError,
}

/// That there is no such schedule, with those of similar names.
fn no_schedule(stack: &Stack, name: &str) -> Result<SchedulingError, MetadataError> {
    let metadata = stack.metadata();
    let all = metadata.schedules(&ScheduleFilter::default())?;
    let names: Vec<String> = all.into_iter().map(|schedule| schedule.name).collect();
    Ok(SchedulingError::NoSchedule {
        name: name.to_owned(),
        store: metadata.location(),
        known: crate::client::similar(&names, name),
    })
}

/// A schedule, as recorded when this view was made.
#[derive(Debug, Clone)]
pub struct ScheduleView {
    stack: Stack,
    record: ScheduleRecord,
    timing: Timing,
    fixed: Schedule,
}

impl ScheduleView {
    pub(super) fn new(stack: Stack, record: ScheduleRecord) -> Result<Self, SchedulingError> {
        let timing = Timing::of(&record)?;
        let fixed = timing.fixed();
        Ok(Self {
            stack,
            record,
            timing,
            fixed,
        })
    }

    /// All that is recorded of it.
    pub fn record(&self) -> &ScheduleRecord {
        &self.record
    }

    /// Its id.
    pub fn id(&self) -> Uuid {
        self.record.id
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// The pipeline's name.
    pub fn pipeline(&self) -> &str {
        &self.record.pipeline
    }

    /// When it is due, and by which policies; an interval counts from when the schedule was made.
    pub fn schedule(&self) -> &Schedule {
        &self.fixed
    }

    /// When it is due, in words.
    pub fn describe(&self) -> String {
        self.timing.schedule.to_string()
    }

    /// Where it stands.
    pub fn state(&self) -> ScheduleState {
        self.record.state
    }

    /// Why it is paused or has ended.
    pub fn reason(&self) -> Option<&str> {
        self.record.reason.as_deref()
    }

    /// Its next slot; none when it is paused or has ended. In the past when no scheduler is at work.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        match self.record.state {
            ScheduleState::Active => self.fixed.next_after(self.record.cursor),
            _ => None,
        }
    }

    /// Its next slots from now on, at most `n`; none when it is paused or has ended.
    pub fn upcoming(&self, n: usize) -> Vec<DateTime<Utc>> {
        if self.record.state != ScheduleState::Active {
            return Vec::new();
        }
        let left = self
            .fixed
            .run_limit()
            .map_or(u64::MAX, |limit| limit.saturating_sub(self.record.fired));
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(n);
        let from = self.record.cursor.max(self.stack.clock().now());
        self.fixed.after(from).take(n).collect()
    }

    /// Its slots: those last due first.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn history(&self, limit: usize) -> Result<Vec<SlotView>, SchedulingError> {
        self.slots(&SlotFilter {
            limit: Some(u32::try_from(limit).unwrap_or(u32::MAX)),
            ..SlotFilter::default()
        })
    }

    /// Those of its slots that the filter lets through, those last due first.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn slots(&self, filter: &SlotFilter) -> Result<Vec<SlotView>, SchedulingError> {
        let filter = SlotFilter {
            schedule: Some(self.record.id),
            ..filter.clone()
        };
        let slots = self.stack.metadata().slots(&filter)?;
        let view = |record| SlotView::new(self.stack.clone(), record);
        Ok(slots.into_iter().map(view).collect())
    }

    /// The runs it has led to, newest first; of a slot that was tried several times, each.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunView>, SchedulingError> {
        let filter = RunFilter {
            schedule: Some(self.record.id),
            limit: Some(u32::try_from(limit).unwrap_or(u32::MAX)),
            ..RunFilter::default()
        };
        Ok(Client::of(self.stack.clone()).runs(&filter)?)
    }

    /// The schedule as it stands now.
    ///
    /// # Errors
    /// When it has been deleted.
    pub async fn refresh(&self) -> Result<Self, SchedulingError> {
        self.change(|_, _| Ok(Vec::new())).await
    }

    /// Fires nothing more until it is [resumed](Self::resume), but what is [triggered](Self::trigger). Slots that waited for their turn are
    /// skipped; a run that goes on ends in peace. The time of the pause has no slots: nothing is made up for later.
    ///
    /// Schedulers in other processes follow within about a second.
    ///
    /// # Errors
    /// When it has been deleted, or the store fails.
    pub async fn pause(&self, reason: impl Into<String>) -> Result<Self, SchedulingError> {
        let reason = crate::metadata::cut(reason.into());
        self.change(move |stack, record| {
            if record.state == ScheduleState::Paused {
                return Ok(Vec::new());
            }
            record.state = ScheduleState::Paused;
            record.reason = Some(reason.clone());
            skip_waiting(stack, record, "the schedule was paused")
        })
        .await
    }

    /// Goes on after a [pause](Self::pause), with the first slot after now. Failures are counted anew.
    ///
    /// # Errors
    /// When it has been deleted, or the store fails.
    pub async fn resume(&self) -> Result<Self, SchedulingError> {
        self.change(|stack, record| {
            if record.state != ScheduleState::Paused {
                return Ok(Vec::new());
            }
            let now = stack.clock().now();
            record.state = ScheduleState::Active;
            record.reason = None;
            record.failures = 0;
            record.cursor = record.cursor.max(now);
            record.reached = record.reached.max(record.cursor);
            if Timing::of(record)?.fixed().next_after(record.cursor).is_none() {
                record.state = ScheduleState::Ended;
                record.reason = Some("no slot comes any more".to_owned());
            }
            Ok(Vec::new())
        })
        .await
    }

    /// Gives it another time table, from now on. Slots that are waiting keep their turn, and so does what somebody has paused.
    ///
    /// # Errors
    /// When the new one has no slot left, when the schedule has been deleted, or when the store fails.
    pub async fn update(&self, schedule: Schedule) -> Result<Self, SchedulingError> {
        self.change(move |stack, record| {
            begin(record, &schedule, stack.clock().now())?;
            Ok(Vec::new())
        })
        .await
    }

    /// Removes it with all that is recorded of its slots. Its runs stay; one that goes on is cancelled by its scheduler, within about a second.
    ///
    /// A long history goes first, in portions: whoever is killed meanwhile leaves a schedule that is paused, and can be deleted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(self) -> Result<(), SchedulingError> {
        let (stack, schedule) = (self.stack.clone(), self.record.id);
        if self.slots(&settled(PORTION))?.len() == PORTION as usize {
            match self.pause("it is being deleted").await {
                Ok(_) | Err(SchedulingError::NoSchedule { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(blocking(move || Ok(delete_now(&stack, schedule)?)).await?)
    }

    /// Asks for a run now, also when it is paused or has ended. Some scheduler starts it within about a second, unless a run of this schedule
    /// goes on and its overlap policy is not [`Allow`](super::Overlap::Allow): then after that one.
    ///
    /// # Errors
    /// When it has been deleted, or the store fails.
    pub async fn trigger(&self) -> Result<SlotView, SchedulingError> {
        let id = crate::ids::next();
        let view = self
            .change(move |stack, record| {
                let now = stack.clock().now();
                let slot = SlotRecord {
                    cause: SlotCause::Trigger,
                    ..new_slot(record.id, id, now)
                };
                Ok(vec![Change::Slot(Box::new(slot))])
            })
            .await?;
        match view.stack.metadata().slot(id)? {
            Some(record) => Ok(SlotView::new(view.stack.clone(), record)),
            None => Err(SchedulingError::NoSlot(id)),
        }
    }

    /// Reads, changes and writes, again when somebody else was quicker.
    async fn change(
        &self,
        change: impl Fn(&Stack, &mut ScheduleRecord) -> Result<Vec<Change>, SchedulingError> + Send + 'static,
    ) -> Result<Self, SchedulingError> {
        let (stack, id, name) = (self.stack.clone(), self.record.id, self.record.name.clone());
        blocking(move || Ok(change_now(stack, id, name, change))).await?
    }
}

fn change_now(
    stack: Stack,
    id: Uuid,
    name: String,
    change: impl Fn(&Stack, &mut ScheduleRecord) -> Result<Vec<Change>, SchedulingError>,
) -> Result<ScheduleView, SchedulingError> {
    let metadata = stack.metadata();
    let read = || {
        metadata.schedule(id)?.ok_or_else(|| SchedulingError::NoSchedule {
            name: name.clone(),
            store: metadata.location(),
            known: "it has been deleted".to_owned(),
        })
    };
    for _ in 0..TRIES {
        let before = read()?;
        let mut after = before.clone();
        let mut changes = change(&stack, &mut after)?;
        if after == before && changes.is_empty() {
            return ScheduleView::new(stack.clone(), before);
        }
        if after != before {
            after.updated = stack.clock().now();
        }
        changes.push(Change::Schedule(Box::new(after)));
        match metadata.apply(&changes) {
            Ok(()) => return ScheduleView::new(stack.clone(), read()?),
            Err(MetadataError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(SchedulingError::Contended { schedule: name })
}

/// How many slots are removed in one transaction.
const PORTION: u32 = 1000;

fn settled(limit: u32) -> SlotFilter {
    SlotFilter {
        settled: Some(true),
        limit: Some(limit),
        ..SlotFilter::default()
    }
}

pub(super) fn delete_now(stack: &Stack, schedule: Uuid) -> Result<(), MetadataError> {
    let metadata = stack.metadata();
    let filter = SlotFilter {
        schedule: Some(schedule),
        ..settled(PORTION)
    };
    loop {
        let slots = metadata.slots(&filter)?;
        if slots.len() < PORTION as usize {
            break;
        }
        let withdrawn = slots.iter().map(|slot| Change::SlotWithdrawn { slot: slot.id });
        metadata.apply(&withdrawn.collect::<Vec<_>>())?;
    }
    metadata.apply(&[Change::ScheduleDeleted { schedule }])?;
    // Only tidies up: what isn't removed now is with the next one.
    #[cfg(unix)]
    let _ = crate::service::local::sweep_programs(stack);
    Ok(())
}

/// A slot that is to be fired.
pub(super) fn new_slot(schedule: Uuid, id: Uuid, due: DateTime<Utc>) -> SlotRecord {
    SlotRecord {
        id,
        schedule,
        due,
        last: due,
        count: 1,
        cause: SlotCause::Due,
        state: SlotState::Queued,
        late: false,
        reason: None,
        run: None,
        token: 0,
        deaths: 0,
        holder: None,
        claimed: None,
        ended: None,
    }
}

pub(super) fn skip_waiting(
    stack: &Stack,
    record: &mut ScheduleRecord,
    reason: &str,
) -> Result<Vec<Change>, SchedulingError> {
    let waiting = stack.metadata().slots(&SlotFilter {
        schedule: Some(record.id),
        state: Some(SlotState::Queued),
        ..SlotFilter::default()
    })?;
    let now = stack.clock().now();
    let due: Vec<_> = waiting
        .into_iter()
        .filter(|slot| slot.cause == SlotCause::Due)
        .collect();
    // They were counted when their turn was to come.
    record.fired = record.fired.saturating_sub(due.len() as u64);
    let skipped = due.into_iter().map(|slot| {
        Change::Slot(Box::new(SlotRecord {
            state: SlotState::Skipped,
            reason: Some(reason.to_owned()),
            ended: Some(now),
            ..slot
        }))
    });
    Ok(skipped.collect())
}
