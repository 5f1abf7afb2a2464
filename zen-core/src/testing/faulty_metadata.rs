//! A metadata store that fails on purpose.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::artifact::Digest;
use crate::metadata::{
    ArtifactFilter, ArtifactRecord, CachedStep, CancelRequest, Change, HoldRecord, HookRecord, IdKind,
    KeepObject, LeaseOutcome, LeaseRecord, LogRecord, MetadataError, MetadataStore, MetricRecord, Neighbours,
    PendingPrune, PipelineRecord, PipelineVersionRecord, PrunePlan, PruneRules, RunFilter, RunRecord,
    ScheduleChanges, ScheduleFilter, ScheduleRecord, SchedulerRecord, ServiceFilter, ServiceRecord,
    ServiceVersionRecord, SlotFilter, SlotRecord, StepRecord, StoredObject, Swept, TrackingRecord, Upkeep,
};

/// What a [`FaultyMetadata`] does. Calls are counted from 1, since the fault was set; one of [`MetadataStore::apply_each`] counts as one
/// of [`MetadataStore::apply`], and fails for all its lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataFault {
    /// Nothing: all calls work.
    None,
    /// The n-th call of [`MetadataStore::apply`] fails, and writes nothing.
    FailApply(u64),
    /// The n-th call of [`MetadataStore::apply`] writes, and then fails.
    AmbiguousApply(u64),
    /// Every [`MetadataStore::apply`] fails from the n-th on, as on a full disk.
    FailAppliesFrom(u64),
    /// The n-th read fails.
    FailRead(u64),
    /// Every read fails from the n-th on.
    FailReadsFrom(u64),
}

/// A metadata store over another one that fails as it is told.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use std::sync::Arc;
/// use zen_core::metadata::{MetadataStore, RunFilter, SqliteMetadata};
/// use zen_core::testing::{FaultyMetadata, MetadataFault};
///
/// let faulty = FaultyMetadata::new(Arc::new(SqliteMetadata::in_memory().unwrap()));
/// faulty.set(MetadataFault::FailRead(2));
/// assert!(faulty.runs(&RunFilter::default()).is_ok());
/// assert!(faulty.runs(&RunFilter::default()).is_err());
/// # }
/// ```
#[derive(Debug)]
pub struct FaultyMetadata {
    inner: Arc<dyn MetadataStore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    fault: MetadataFault,
    applies: u64,
    reads: u64,
}

impl FaultyMetadata {
    /// Works like `inner` until it is told otherwise.
    pub fn new(inner: Arc<dyn MetadataStore>) -> Self {
        let state = Mutex::new(State {
            fault: MetadataFault::None,
            applies: 0,
            reads: 0,
        });
        Self { inner, state }
    }

    /// What happens from now on. The calls are counted anew.
    pub fn set(&self, fault: MetadataFault) {
        *self.state() = State {
            fault,
            applies: 0,
            reads: 0,
        };
    }

    /// How many calls of [`MetadataStore::apply`] and [`MetadataStore::apply_each`] there were since [`set`](Self::set).
    pub fn applies(&self) -> u64 {
        self.state().applies
    }

    /// How many reads there were since [`set`](Self::set).
    pub fn reads(&self) -> u64 {
        self.state().reads
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, doing: &'static str) -> MetadataError {
        MetadataError::Failed {
            location: self.inner.location(),
            doing,
            source: "told to fail".into(),
        }
    }

    /// Counts a call that applies: whether it fails before it writes, and whether after.
    fn count_apply(&self) -> (bool, bool) {
        let mut state = self.state();
        state.applies += 1;
        match state.fault {
            MetadataFault::FailApply(n) => (state.applies == n, false),
            MetadataFault::FailAppliesFrom(n) => (state.applies >= n, false),
            MetadataFault::AmbiguousApply(n) => (false, state.applies == n),
            _ => (false, false),
        }
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&dyn MetadataStore) -> Result<T, MetadataError>,
    ) -> Result<T, MetadataError> {
        let fails = {
            let mut state = self.state();
            state.reads += 1;
            match state.fault {
                MetadataFault::FailRead(n) => state.reads == n,
                MetadataFault::FailReadsFrom(n) => state.reads >= n,
                _ => false,
            }
        };
        match fails {
            true => Err(self.failed("reading")),
            false => read(&*self.inner),
        }
    }
}

macro_rules! reads {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => {$(
        fn $name(&self, $($argument: $type),*) -> Result<$result, MetadataError> {
            self.read(|inner| inner.$name($($argument),*))
        }
    )+};
}

impl Upkeep for FaultyMetadata {
    reads! {
        fn plan_prune(rules: &PruneRules, stored: &[StoredObject]) -> PrunePlan;
        fn pending_prunes() -> Vec<PendingPrune>;
        fn deleters() -> Vec<Uuid>;
        fn keep_object(digest: Digest) -> KeepObject;
        fn holds() -> Vec<HoldRecord>;
        fn check() -> Vec<String>;
    }

    fn condemn(&self, plan: &PrunePlan) -> Result<PendingPrune, MetadataError> {
        self.inner.condemn(plan)
    }

    fn sweep_condemned(&self, rules: &PruneRules) -> Result<Swept, MetadataError> {
        self.inner.sweep_condemned(rules)
    }

    fn claim_objects(
        &self,
        prunes: &[u64],
        deleter: Uuid,
        limit: u32,
    ) -> Result<Vec<StoredObject>, MetadataError> {
        self.inner.claim_objects(prunes, deleter, limit)
    }

    fn objects_deleted(&self, deleter: Uuid, digests: &[Digest]) -> Result<(), MetadataError> {
        self.inner.objects_deleted(deleter, digests)
    }

    fn unclaim_objects(&self, deleter: Uuid, digests: Option<&[Digest]>) -> Result<(), MetadataError> {
        self.inner.unclaim_objects(deleter, digests)
    }

    fn finish_prunes(&self) -> Result<(), MetadataError> {
        self.inner.finish_prunes()
    }

    fn hold(&self, hold: &HoldRecord) -> Result<(), MetadataError> {
        self.inner.hold(hold)
    }

    fn release_hold(&self, hold: Uuid) -> Result<(), MetadataError> {
        self.inner.release_hold(hold)
    }
}

impl MetadataStore for FaultyMetadata {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn apply(&self, changes: &[Change]) -> Result<(), MetadataError> {
        let (before, after) = self.count_apply();
        if before {
            return Err(self.failed("recording changes"));
        }
        self.inner.apply(changes)?;
        match after {
            true => Err(self.failed("recording changes")),
            false => Ok(()),
        }
    }

    fn apply_each(&self, lists: &[Vec<Change>]) -> Vec<Result<(), MetadataError>> {
        let (before, after) = self.count_apply();
        let failed = || Err(self.failed("recording changes"));
        if before {
            return lists.iter().map(|_| failed()).collect();
        }
        let applied = self.inner.apply_each(lists);
        match after {
            true => applied
                .into_iter()
                .map(|applied| applied.and_then(|()| failed()))
                .collect(),
            false => applied,
        }
    }

    fn sync(&self) -> Result<(), MetadataError> {
        self.inner.sync()
    }

    reads! {
        fn pipelines() -> Vec<PipelineRecord>;
        fn pipeline_versions(pipeline: &str) -> Vec<PipelineVersionRecord>;
        fn run(run: Uuid) -> Option<RunRecord>;
        fn runs(filter: &RunFilter) -> Vec<RunRecord>;
        fn cancel_requested(run: Uuid) -> Option<CancelRequest>;
        fn tracking(run: Uuid) -> Option<TrackingRecord>;
        fn unended_trackings(location: &str, limit: u32) -> Vec<TrackingRecord>;
        fn steps(run: Uuid) -> Vec<StepRecord>;
        fn step_named(run: Uuid, name: &str) -> Option<StepRecord>;
        fn step(step: Uuid) -> Option<StepRecord>;
        fn step_before(pipeline: &str, name: &str, before: Uuid) -> Option<StepRecord>;
        fn find_cached(key: Digest, now: DateTime<Utc>, not_of: Option<Uuid>) -> Option<CachedStep>;
        fn artifact(id: Uuid) -> Option<ArtifactRecord>;
        fn artifact_version(name: &str, number: Option<u32>) -> Option<ArtifactRecord>;
        fn artifacts(filter: &ArtifactFilter) -> Vec<ArtifactRecord>;
        fn artifact_names() -> Vec<String>;
        fn consumers(artifact: Uuid) -> Vec<StepRecord>;
        fn object(digest: Digest) -> Option<Vec<u8>>;
        fn logs(step: Uuid, from: u64, limit: u32) -> Vec<LogRecord>;
        fn metrics(step: Uuid) -> Vec<MetricRecord>;
        fn service(service: Uuid) -> Option<ServiceRecord>;
        fn services(filter: &ServiceFilter) -> Vec<ServiceRecord>;
        fn service_versions(service: Uuid) -> Vec<ServiceVersionRecord>;
        fn service_version(service: Uuid, number: u32) -> Option<ServiceVersionRecord>;
        fn programs_in_use() -> Vec<Digest>;
        fn schedule_revision() -> u64;
        fn schedule_changes(since: u64) -> ScheduleChanges;
        fn schedules(filter: &ScheduleFilter) -> Vec<ScheduleRecord>;
        fn schedule(schedule: Uuid) -> Option<ScheduleRecord>;
        fn schedule_named(name: &str) -> Option<ScheduleRecord>;
        fn slots(filter: &SlotFilter) -> Vec<SlotRecord>;
        fn slot(slot: Uuid) -> Option<SlotRecord>;
        fn schedulers() -> Vec<SchedulerRecord>;
        fn hooks(run: Uuid) -> Vec<HookRecord>;
        fn slot_hooks(slot: Uuid) -> Vec<HookRecord>;
        fn lease(key: &str) -> Option<LeaseRecord>;
        fn ids_between(kind: IdKind, low: Uuid, high: Uuid, limit: u32) -> Vec<Uuid>;
        fn id_neighbours(kind: IdKind, id: Uuid) -> Neighbours;
    }

    fn acquire_lease(
        &self,
        key: &str,
        holder: &str,
        now: DateTime<Utc>,
        expires: DateTime<Utc>,
        takeover: Option<u64>,
    ) -> Result<LeaseOutcome, MetadataError> {
        self.inner.acquire_lease(key, holder, now, expires, takeover)
    }

    fn renew_lease(&self, lease: &LeaseRecord, expires: DateTime<Utc>) -> Result<bool, MetadataError> {
        self.inner.renew_lease(lease, expires)
    }

    fn release_lease(&self, lease: &LeaseRecord) -> Result<(), MetadataError> {
        self.inner.release_lease(lease)
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::metadata::SqliteMetadata;

    fn lists() -> [Vec<Change>; 2] {
        ["a", "b"].map(|text| {
            vec![Change::Object {
                digest: Digest::of(text.as_bytes()),
                bytes: vec![1],
            }]
        })
    }

    #[test]
    fn several_lists_are_one_call_and_fail_together() {
        let digest = Digest::of(b"b");
        for (fault, fails, written) in [
            (MetadataFault::FailApply(1), true, false),
            (MetadataFault::FailApply(2), false, true),
            (MetadataFault::FailAppliesFrom(1), true, false),
            (MetadataFault::AmbiguousApply(1), true, true),
        ] {
            let faulty = FaultyMetadata::new(Arc::new(SqliteMetadata::in_memory().unwrap()));
            faulty.set(fault);
            let outcomes = faulty.apply_each(&lists());
            assert_eq!(outcomes.len(), 2);
            assert!(
                outcomes.iter().all(|outcome| outcome.is_err() == fails),
                "{fault:?}: {outcomes:?}"
            );
            assert_eq!(faulty.applies(), 1, "{fault:?}");
            assert_eq!(faulty.object(digest).unwrap().is_some(), written, "{fault:?}");
        }
    }
}
