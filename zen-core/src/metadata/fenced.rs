//! A metadata store that writes only as long as somebody holds what it works for.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    ArtifactFilter, ArtifactRecord, CachedStep, CancelRequest, Change, HoldRecord, HookRecord, IdKind,
    KeepObject, LeaseOutcome, LeaseRecord, LogRecord, MetadataError, MetadataStore, MetricRecord, Neighbours,
    PendingPrune, PipelineRecord, PipelineVersionRecord, PrunePlan, PruneRules, RunFilter, RunRecord,
    ScheduleChanges, ScheduleFilter, ScheduleRecord, SchedulerRecord, ServiceFilter, ServiceRecord,
    ServiceVersionRecord, SlotFilter, SlotRecord, StepRecord, StoredObject, Swept, TrackingRecord, Upkeep,
};
use crate::artifact::Digest;

/// Puts a fence ([`Change::SlotFenced`] or [`Change::Fenced`]) before every list of changes: whoever works with it records nothing any more
/// from the moment on that somebody else has taken the work over. Everything else is as in the store below.
#[derive(Debug)]
pub(crate) struct FencedMetadata {
    inner: Arc<dyn MetadataStore>,
    fence: Change,
}

impl FencedMetadata {
    pub(crate) fn new(inner: Arc<dyn MetadataStore>, fence: Change) -> Self {
        Self { inner, fence }
    }
}

macro_rules! reads {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => {$(
        fn $name(&self, $($argument: $type),*) -> Result<$result, MetadataError> {
            self.inner.$name($($argument),*)
        }
    )+};
}

impl Upkeep for FencedMetadata {
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

impl MetadataStore for FencedMetadata {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn apply(&self, changes: &[Change]) -> Result<(), MetadataError> {
        let mut fenced = Vec::with_capacity(changes.len() + 1);
        fenced.push(self.fence.clone());
        fenced.extend_from_slice(changes);
        self.inner.apply(&fenced)
    }

    fn apply_each(&self, lists: &[Vec<Change>]) -> Vec<Result<(), MetadataError>> {
        let fenced = |changes: &Vec<Change>| {
            let fence = std::iter::once(self.fence.clone());
            fence.chain(changes.iter().cloned()).collect()
        };
        let lists: Vec<Vec<Change>> = lists.iter().map(fenced).collect();
        self.inner.apply_each(&lists)
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
