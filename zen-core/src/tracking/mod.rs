//! Experiment trackers: they show parameters, metrics and chosen artifacts of runs elsewhere, such as in MLflow.
//!
//! A stack that names an experiment tracker tracks every run; pipelines need no change for it, but to choose artifacts with
//! [`Artifact::logged`](crate::graph::Artifact::logged). What the tracker hears is what the run records, so that steps whose outputs come from the cache are
//! tracked too, with the metrics of the step that computed them.

mod current;
mod error;
mod tracker;

pub use current::CurrentRun;
pub use error::TrackingError;
pub use tracker::{
    ExperimentTracker, ExperimentTrackerKind, RunWriter, TrackedArtifact, TrackedBatch, TrackedMetric,
    TrackedRun,
};
