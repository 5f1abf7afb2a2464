//! The trait of a metadata store.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::MetadataError;
use super::ids::{IdKind, Neighbours};
use super::records::{
    ArtifactRecord, CancelRequest, LogRecord, MetricRecord, PipelineRecord, PipelineVersionRecord,
    ProgramRecord, RunRecord, Status, StepRecord,
};
use super::schedules::{
    HookRecord, ScheduleChanges, ScheduleFilter, ScheduleRecord, SchedulerRecord, SlotFilter, SlotRecord,
};
use super::services::{
    LeaseOutcome, LeaseRecord, ServiceFilter, ServiceRecord, ServiceStatus, ServiceVersionRecord,
};
use super::tracking::TrackingRecord;
use crate::artifact::Digest;

/// One thing to write. A list of them is applied in one transaction, in order.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// A run begins. Creates the pipeline, and a version of it when `run.graph_hash` is new to it. The version's number
    /// is assigned by the store: `run.pipeline_version` is ignored. Of a run that is for a slot of a schedule, that slot takes note.
    RunStarted {
        /// The run.
        run: Box<RunRecord>,
        /// The graph as JSON, kept with the pipeline's version. `None` when it should be known already, which saves writing
        /// it out: a store that has no version with `run.graph_hash` refuses the list with
        /// [`MetadataError::UnknownGraph`].
        graph: Option<Value>,
    },
    /// The run's program became known (its digest is computed while the run goes on).
    RunProgram {
        /// The run.
        run: Uuid,
        /// The program.
        program: ProgramRecord,
    },
    /// A run ends. Ignored when the run has a final status already: the first one counts.
    RunEnded {
        /// The run.
        run: Uuid,
        /// Its final status.
        status: Status,
        /// Why it failed.
        error: Option<String>,
        /// When.
        ended: DateTime<Utc>,
    },
    /// A run's process is dead, or can record nothing any more: the run becomes failed and [`died`](RunRecord::died) with this error, and its steps that are running, queued or
    /// retrying become failed too. Ignored when the run has a final status.
    RunDied {
        /// The run.
        run: Uuid,
        /// What is known of it.
        error: String,
        /// When it was noticed.
        noticed: DateTime<Utc>,
    },
    /// Somebody asks for a run to be cancelled, which whoever executes it will see. Ignored when the run has a final status or is not recorded,
    /// and when it was asked for before: the first one counts.
    CancelRequested {
        /// The run.
        run: Uuid,
        /// Who asks, for people.
        by: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// Inserts or replaces a step run by its id, with its edges. The artifacts of its outputs come earlier in the same
    /// or in an earlier transaction.
    Step(Box<StepRecord>),
    /// A new artifact version; the store assigns the next number of its name. Ignored when the id exists.
    Artifact(Box<ArtifactRecord>),
    /// The bytes of an artifact small enough to be kept here. Ignored when present.
    Object {
        /// Their digest.
        digest: Digest,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Replaces the bytes of an inline object that turned out to be damaged.
    ReplaceObject {
        /// Their digest.
        digest: Digest,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A metric's value.
    Metric(MetricRecord),
    /// A line of a step's log.
    Log(LogRecord),
    /// Inserts or replaces a service by its id, with its status; its versions stay.
    Service(Box<ServiceRecord>),
    /// A service was looked at: replaces its status as a whole, and nothing else. Ignored when the service is not
    /// recorded, when its current version is another, and when its status was seen later than this one.
    ServiceObserved {
        /// The service.
        service: Uuid,
        /// The number of the version that was looked at.
        version: u32,
        /// What was seen.
        status: ServiceStatus,
    },
    /// Inserts or replaces a version of a service by the service and its number. The service comes earlier in the same
    /// or in an earlier transaction.
    ServiceVersion(Box<ServiceVersionRecord>),
    /// Removes the versions of a service with lower numbers than this.
    ServiceVersionsPruned {
        /// The service.
        service: Uuid,
        /// The lowest number that stays.
        from: u32,
    },
    /// Removes a service and all its versions. Ignored when it is not recorded.
    ServiceDeleted {
        /// The service.
        service: Uuid,
    },
    /// Inserts or replaces a schedule by its id, as a whole, and gives it the next revision. Refuses the whole list with
    /// [`MetadataError::Stale`] unless the stored revision is `record.revision` (0: there is none yet), so that nobody overwrites what
    /// they haven't read; and with [`MetadataError::NameTaken`] when another schedule has the name. What is written of slots comes in the
    /// same list as the schedule they belong to.
    ///
    /// The stored revision is the one *before this list*, and is looked at before anything of the list is applied: wherever in it the schedule
    /// stands and whatever else the list writes of it. Slots may come before the schedule or after it, and the same schedule twice, with
    /// the same revision.
    Schedule(Box<ScheduleRecord>),
    /// Removes a schedule with all its slots, and the hooks of those that led to no run; its runs stay. Ignored when it is not recorded.
    ScheduleDeleted {
        /// The schedule.
        schedule: Uuid,
    },
    /// Inserts or replaces a slot by its id, as a whole, and gives its schedule the next revision. The schedule comes earlier in the same or
    /// in an earlier list. Refuses the whole list when the schedule has another slot of cause [`SlotCause::Due`](super::SlotCause::Due)
    /// that was due at the same time. (Who writes the schedule in the same list, and was overtaken, is told
    /// [`MetadataError::Stale`] instead.)
    Slot(Box<SlotRecord>),
    /// Removes a slot, and its hooks if it led to no run, and gives its schedule the next revision: the clock was wrong when it was
    /// recorded. Ignored when it is not recorded.
    SlotWithdrawn {
        /// The slot.
        slot: Uuid,
    },
    /// Writes nothing; refuses the whole list, with [`MetadataError::SlotTaken`], unless the slot is claimed with this token where the
    /// fence stands in the list: it comes before what the list writes of the slot.
    SlotFenced {
        /// The slot.
        slot: Uuid,
        /// The token it must be claimed with: [`SlotRecord::token`].
        token: u64,
    },
    /// Inserts or replaces a scheduler by its id. Changes no revision.
    Scheduler(Box<SchedulerRecord>),
    /// Removes a scheduler that has ended. Changes no revision. Ignored when it is not recorded.
    SchedulerEnded {
        /// The scheduler.
        scheduler: Uuid,
    },
    /// A hook was called. Ignored when its id exists, and when the run, or for a hook without a run the slot, is not recorded any more: what
    /// a hook is called after may be pruned or deleted while it goes on. Changes no revision.
    Hook(Box<HookRecord>),
    /// Inserts or replaces what an experiment tracker has of a run. Ignored when the run is not recorded.
    Tracking(Box<TrackingRecord>),
    /// Writes nothing; refuses the whole list, with [`MetadataError::Fenced`], unless this token is the last one that was
    /// given for the lease. It may have been released or have expired, as long as nobody has taken it since.
    Fenced {
        /// The lease.
        key: String,
        /// The token it must be at: [`LeaseRecord::token`].
        token: u64,
    },
}

/// A step whose outputs may be adopted.
#[derive(Debug, Clone, PartialEq)]
pub struct CachedStep {
    /// The step run that was executed.
    pub step: Uuid,
    /// Its run.
    pub run: Uuid,
    /// Its outputs in the order of the step's outputs, each with the bytes when they are kept inline.
    pub outputs: Vec<CachedOutput>,
}

/// One output of a [`CachedStep`].
#[derive(Debug, Clone, PartialEq)]
pub struct CachedOutput {
    /// The output's name.
    pub name: String,
    /// The artifact version.
    pub artifact: ArtifactRecord,
    /// The bytes, when they are kept in the metadata store.
    pub inline: Option<Vec<u8>>,
}

/// Which runs to list. The default lists all.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Of this pipeline.
    pub pipeline: Option<String>,
    /// With this status.
    pub status: Option<Status>,
    /// With this name. Names are in no index: by itself it is looked for in all runs, the newest first.
    pub name: Option<String>,
    /// For a slot of this schedule.
    pub schedule: Option<Uuid>,
    /// Older than this run: the id of the last run of the page before.
    pub before: Option<Uuid>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// Which artifact versions to list. The default lists all.
#[derive(Debug, Clone, Default)]
pub struct ArtifactFilter {
    /// With this name.
    pub name: Option<String>,
    /// Made by this run.
    pub run: Option<Uuid>,
    /// Made by this step run.
    pub step: Option<Uuid>,
    /// Only the newest version of every name.
    pub newest_only: bool,
    /// Older than this artifact version: the id of the last one of the page before.
    pub before: Option<Uuid>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// Where pipelines, runs, steps, artifacts and lineage are recorded.
///
/// Methods block: call them from a thread that may block. Implementations may be used by several threads and, when
/// they are durable, by several processes at once; none of them ever sees "database is locked". An implementation
/// proves itself with [`crate::metadata::conformance`].
pub trait MetadataStore: super::Upkeep + Send + Sync + fmt::Debug {
    /// The file or URL, for messages. Holds no credentials.
    fn location(&self) -> String;

    /// Applies all changes, as [`redacted`](super::redacted) gives them, or none, and returns when they are as durable as the store is configured to be: at
    /// least visible to every other process, and safe from a crash of this one.
    ///
    /// # Errors
    /// When the transaction could not be committed; nothing of it is visible then.
    fn apply(&self, changes: &[Change]) -> Result<(), MetadataError>;

    /// Applies each list as [`apply`](Self::apply) would, in order, all of it or nothing, whatever becomes of the others; says for each how
    /// it went. A store that can makes one transaction of them all: then all are visible at once, and all fail when it can't be committed.
    fn apply_each(&self, lists: &[Vec<Change>]) -> Vec<Result<(), MetadataError>> {
        lists.iter().map(|changes| self.apply(changes)).collect()
    }

    /// Forces everything applied so far to the disk, so that it survives a loss of power.
    ///
    /// # Errors
    /// When the disk refuses.
    fn sync(&self) -> Result<(), MetadataError>;

    /// All pipelines, by name.
    fn pipelines(&self) -> Result<Vec<PipelineRecord>, MetadataError>;

    /// The versions of a pipeline, oldest first.
    fn pipeline_versions(&self, pipeline: &str) -> Result<Vec<PipelineVersionRecord>, MetadataError>;

    /// One run.
    fn run(&self, run: Uuid) -> Result<Option<RunRecord>, MetadataError>;

    /// Runs, newest first.
    fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRecord>, MetadataError>;

    /// Whether somebody has asked for a run to be cancelled: a cheap look, made every second by every run. A request stays when the run has
    /// ended, and goes with the run.
    fn cancel_requested(&self, run: Uuid) -> Result<Option<CancelRequest>, MetadataError>;

    /// What an experiment tracker has of a run.
    fn tracking(&self, run: Uuid) -> Result<Option<TrackingRecord>, MetadataError>;

    /// Runs that have ended, and that the tracker at this location knows and has not been told the end of; the oldest first.
    fn unended_trackings(&self, location: &str, limit: u32) -> Result<Vec<TrackingRecord>, MetadataError>;

    /// The steps of a run in the order they were first recorded, with their edges.
    fn steps(&self, run: Uuid) -> Result<Vec<StepRecord>, MetadataError>;

    /// One step of a run by name.
    fn step_named(&self, run: Uuid, name: &str) -> Result<Option<StepRecord>, MetadataError>;

    /// One step by id.
    fn step(&self, step: Uuid) -> Result<Option<StepRecord>, MetadataError>;

    /// The newest step of this name in the runs of this pipeline that are older than run `before`.
    fn step_before(
        &self,
        pipeline: &str,
        name: &str,
        before: Uuid,
    ) -> Result<Option<StepRecord>, MetadataError>;

    /// The newest completed step with this cache key that has not expired at `now`, and is no step of the run `not_of`.
    fn find_cached(
        &self,
        key: Digest,
        now: DateTime<Utc>,
        not_of: Option<Uuid>,
    ) -> Result<Option<CachedStep>, MetadataError>;

    /// One artifact version by id.
    fn artifact(&self, id: Uuid) -> Result<Option<ArtifactRecord>, MetadataError>;

    /// One version of an artifact by name: this number, or the newest.
    fn artifact_version(
        &self,
        name: &str,
        number: Option<u32>,
    ) -> Result<Option<ArtifactRecord>, MetadataError>;

    /// Artifact versions, newest first.
    fn artifacts(&self, filter: &ArtifactFilter) -> Result<Vec<ArtifactRecord>, MetadataError>;

    /// The names of all artifacts, sorted.
    fn artifact_names(&self) -> Result<Vec<String>, MetadataError>;

    /// The steps that read this artifact version, oldest first.
    fn consumers(&self, artifact: Uuid) -> Result<Vec<StepRecord>, MetadataError>;

    /// The bytes of an inline object.
    fn object(&self, digest: Digest) -> Result<Option<Vec<u8>>, MetadataError>;

    /// The log lines of a step from line `from` on, at most `limit`.
    fn logs(&self, step: Uuid, from: u64, limit: u32) -> Result<Vec<LogRecord>, MetadataError>;

    /// The metrics of a step in the order they were logged.
    fn metrics(&self, step: Uuid) -> Result<Vec<MetricRecord>, MetadataError>;

    /// One service.
    fn service(&self, service: Uuid) -> Result<Option<ServiceRecord>, MetadataError>;

    /// Services that meet all conditions of the filter, newest first.
    fn services(&self, filter: &ServiceFilter) -> Result<Vec<ServiceRecord>, MetadataError>;

    /// The versions of a service, oldest first: by number.
    fn service_versions(&self, service: Uuid) -> Result<Vec<ServiceVersionRecord>, MetadataError>;

    /// One version of a service.
    fn service_version(
        &self,
        service: Uuid,
        number: u32,
    ) -> Result<Option<ServiceVersionRecord>, MetadataError>;

    /// The digests of all programs that a version of a service or a schedule refers to, each once, in order.
    fn programs_in_use(&self) -> Result<Vec<Digest>, MetadataError>;

    /// How often something was written of a schedule or a slot: a cheap look, made every second by every scheduler. Rises with every
    /// [`Change::Schedule`], [`Change::ScheduleDeleted`], [`Change::Slot`] and [`Change::SlotWithdrawn`] that is applied and not ignored, with
    /// a [`Change::RunStarted`] for a slot, and with nothing else. Never falls.
    fn schedule_revision(&self) -> Result<u64, MetadataError>;

    /// What has changed about schedules since the store's revision was `since`: everything for 0. A consistent view: all of it as of one
    /// moment.
    fn schedule_changes(&self, since: u64) -> Result<ScheduleChanges, MetadataError>;

    /// Schedules, by name.
    fn schedules(&self, filter: &ScheduleFilter) -> Result<Vec<ScheduleRecord>, MetadataError>;

    /// One schedule.
    fn schedule(&self, schedule: Uuid) -> Result<Option<ScheduleRecord>, MetadataError>;

    /// One schedule by name.
    fn schedule_named(&self, name: &str) -> Result<Option<ScheduleRecord>, MetadataError>;

    /// Slots: those last due first, and of those due at the same time the newest first.
    fn slots(&self, filter: &SlotFilter) -> Result<Vec<SlotRecord>, MetadataError>;

    /// One slot.
    fn slot(&self, slot: Uuid) -> Result<Option<SlotRecord>, MetadataError>;

    /// The schedulers that are at work, or died at it, oldest first.
    fn schedulers(&self) -> Result<Vec<SchedulerRecord>, MetadataError>;

    /// The hooks that were called after a run and its steps, and for its slot, oldest first. (For a slot that led to several runs, the hooks of
    /// the others are with those.)
    fn hooks(&self, run: Uuid) -> Result<Vec<HookRecord>, MetadataError>;

    /// The hooks that were called for a slot, oldest first.
    fn slot_hooks(&self, slot: Uuid) -> Result<Vec<HookRecord>, MetadataError>;

    /// Gives `key` to `holder` until `expires`, when nobody has it: when it was never held, was released, or has expired at
    /// `now` (`expires <= now`). Also when it is held with exactly the token `takeover`: so somebody who knows that a holder is
    /// dead takes its lease at once, and of several who know it only one does. Asking for a lease that one holds oneself gives
    /// [`LeaseOutcome::Busy`] too.
    ///
    /// The tokens of a key begin at 1 and rise with every holder, however the one before lost it; they are as durable as
    /// what was applied, and of all that ask at once, in any thread or process, one gets it. Times are the callers': nothing
    /// here looks at a clock. Never waits for the lease.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// use chrono::{TimeDelta, Utc};
    /// use zen_core::metadata::{Change, LeaseOutcome, MetadataStore, SqliteMetadata};
    ///
    /// let store = SqliteMetadata::in_memory().unwrap();
    /// let now = Utc::now();
    /// let until = now + TimeDelta::seconds(30);
    /// let LeaseOutcome::Held(lease) = store.acquire_lease("deploy/churn", "me", now, until, None).unwrap() else {
    ///     panic!("somebody has it already");
    /// };
    /// // ..: whatever is written under the lease is refused once somebody else has it.
    /// let fence = Change::Fenced { key: lease.key.clone(), token: lease.token };
    /// store.apply(&[fence]).unwrap();
    /// store.release_lease(&lease).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the store could not be read or written.
    fn acquire_lease(
        &self,
        key: &str,
        holder: &str,
        now: DateTime<Utc>,
        expires: DateTime<Utc>,
        takeover: Option<u64>,
    ) -> Result<LeaseOutcome, MetadataError>;

    /// Moves the end of a lease to `expires`. False, and nothing changes, when the key has another token by now or was
    /// released. A lease that has expired but was taken by nobody is renewed.
    ///
    /// # Errors
    /// When the store could not be written.
    fn renew_lease(&self, lease: &LeaseRecord, expires: DateTime<Utc>) -> Result<bool, MetadataError>;

    /// Gives a lease back. No effect when the key has another token by now or was released.
    ///
    /// # Errors
    /// When the store could not be written.
    fn release_lease(&self, lease: &LeaseRecord) -> Result<(), MetadataError>;

    /// The lease of the current holder of `key`, also when it has expired; none when it was released or never held.
    fn lease(&self, key: &str) -> Result<Option<LeaseRecord>, MetadataError>;

    /// The ids of this kind from `low` to `high`, both included, in rising order, at most `limit`: what an abbreviated id may mean.
    fn ids_between(
        &self,
        kind: IdKind,
        low: Uuid,
        high: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>, MetadataError>;

    /// The ids of this kind right before and right after this one, which need not be recorded itself: how far it can be abbreviated.
    fn id_neighbours(&self, kind: IdKind, id: Uuid) -> Result<Neighbours, MetadataError>;
}
