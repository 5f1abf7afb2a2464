//! Beginning runs, and ending those that nobody else ends.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use zen_core::metadata::Status;
use zen_core::tracking::{ExperimentTracker, RunWriter, TrackedRun, TrackingError};

use super::MetricNames;
use super::keys::{MOST_CHARACTERS, key};
use super::values::{self, cut};
use super::writer::Writer;
use crate::mlflow::MlflowError;
use crate::mlflow::rest::{Client, NewRun, Run, RunStatus, Tag};

/// The tag that holds the run's id here.
pub(in crate::mlflow) const RUN_TAG: &str = "zen.run_id";

/// Shows runs in MLflow.
#[derive(Debug)]
pub(super) struct Tracker {
    pub(super) client: Arc<Client>,
    /// None: the pipeline's name.
    pub(super) experiment: Option<String>,
    pub(super) flush_timeout: Duration,
    pub(super) queue_size: usize,
    pub(super) names: MetricNames,
}

impl Tracker {
    /// The run that an earlier try has begun, or a new one.
    fn find_or_create(&self, run: &TrackedRun) -> Result<Run, MlflowError> {
        let name = self.experiment.as_deref().unwrap_or(&run.pipeline);
        let experiment = self.client.experiment_id(name)?;
        if let Some(found) = self
            .client
            .run_tagged(&experiment, RUN_TAG, &run.id.to_string())?
        {
            return Ok(found);
        }
        self.client.create_run(&NewRun {
            experiment_id: experiment,
            run_name: run.name.chars().take(MOST_CHARACTERS).collect(),
            start_time: values::milliseconds(run.started),
            tags: tags(run),
        })
    }

    fn failed(&self, error: MlflowError) -> TrackingError {
        error.of_tracker(&self.location())
    }
}

impl ExperimentTracker for Tracker {
    fn location(&self) -> String {
        self.client.uri().to_string()
    }

    fn begin(&self, run: &TrackedRun) -> Result<Box<dyn RunWriter>, TrackingError> {
        let begun = self.find_or_create(run).map_err(|error| self.failed(error))?;
        Ok(Box::new(Writer::new(Arc::clone(&self.client), begun, self.names)))
    }

    fn end_lost(&self, id: &str, status: Status, ended: DateTime<Utc>) -> Result<(), TrackingError> {
        let run = match self.client.run_of(id) {
            Ok(run) => run,
            // Somebody has deleted it for good: nothing is left to be ended.
            Err(error) if error.is_missing() => return Ok(()),
            Err(error) => return Err(self.failed(error)),
        };
        if run.status != RunStatus::Running || run.lifecycle_stage == "deleted" {
            return Ok(());
        }
        self.client
            .end_run(id, values::status(status), ended)
            .map_err(|error| self.failed(error))
    }

    fn queue_size(&self) -> usize {
        self.queue_size
    }

    fn flush_timeout(&self) -> Duration {
        self.flush_timeout
    }
}

/// What is known of a run when it begins; the names that begin with `mlflow.` are those for which MLflow's pages have a place.
fn tags(run: &TrackedRun) -> Vec<Tag> {
    let mut tags = vec![
        Tag::new("mlflow.user", cut(&run.user, values::TAG)),
        Tag::new("mlflow.source.type", "LOCAL"),
        Tag::new(RUN_TAG, run.id.to_string()),
        Tag::new("zen.pipeline", cut(&run.pipeline, values::TAG)),
        Tag::new("zen.stack", cut(&run.stack, values::TAG)),
        Tag::new("zen.version", env!("CARGO_PKG_VERSION")),
    ];
    let resumed_from = run.resumed_from.map(|id| id.to_string());
    let known = [
        ("mlflow.source.name", &run.program),
        ("mlflow.source.git.commit", &run.git_commit),
        ("zen.resumed_from", &resumed_from),
        ("zen.schedule", &run.schedule),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            tags.push(Tag::new(name, cut(value, values::TAG)));
        }
    }
    let mut own: Vec<_> = run
        .tags
        .iter()
        .map(|tag| key(&format!("zen.tag.{tag}")))
        .collect();
    own.sort();
    own.dedup();
    tags.extend(own.into_iter().map(|tag| Tag::new(tag, "true")));
    tags
}
