//! Metadata: what is remembered of pipelines, runs, steps, artifacts, services and schedules, and the stores that keep it.

pub mod conformance;
mod error;
mod fenced;
mod ids;
mod limits;
mod records;
mod redacted;
mod schedules;
mod services;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod tracking;
pub mod upkeep;

pub use error::MetadataError;
pub(crate) use fenced::FencedMetadata;
pub use ids::{IdKind, Neighbours};
pub(crate) use limits::{LONGEST_NAME, check_label, cut};
pub use records::{
    ArtifactRecord, CancelRequest, Edge, LogRecord, MetricRecord, ParseStatusError, PipelineRecord,
    PipelineVersionRecord, ProgramRecord, RunRecord, Status, StepRecord,
};
pub use redacted::redacted;
pub use schedules::{
    HookRecord, RunSlot, ScheduleChanges, ScheduleFilter, ScheduleRecord, ScheduleState, SchedulerRecord,
    SlotCause, SlotFilter, SlotRecord, SlotState,
};
pub use services::{
    Endpoint, LeaseOutcome, LeaseRecord, ProcessIdentity, ServiceFilter, ServiceRecord, ServiceState,
    ServiceStatus, ServiceVersionRecord,
};
#[cfg(feature = "sqlite")]
pub use sqlite::{Durability, SqliteMetadata, SqliteOptions};
pub use store::{ArtifactFilter, CachedOutput, CachedStep, Change, MetadataStore, RunFilter};
pub use tracking::{ParseTrackingStateError, TrackingRecord, TrackingState, Undelivered};
pub use upkeep::{
    GoingObject, HoldRecord, KeepObject, KeepReason, Kept, PendingPrune, PrunePlan, PruneRules, StoredObject,
    Swept, Upkeep,
};
