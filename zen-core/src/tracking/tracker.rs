//! What an experiment tracker does.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::TrackingError;
use crate::client::ArtifactView;
use crate::graph::Component;
use crate::metadata::Status;
use crate::stack::{ComponentKind, ComponentType, StackBuilder};

/// What is known of a run when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackedRun {
    /// The run's id here.
    pub id: Uuid,
    /// The run's name.
    pub name: String,
    /// The pipeline.
    pub pipeline: String,
    /// The stack's name.
    pub stack: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// Who runs it.
    pub user: String,
    /// The program's file.
    pub program: Option<String>,
    /// The commit that is checked out in the working directory, if it is a git repository.
    pub git_commit: Option<String>,
    /// The run this one continues.
    pub resumed_from: Option<Uuid>,
    /// The name of the schedule it is for.
    pub schedule: Option<String>,
    /// The run's tags.
    pub tags: Vec<String>,
}

impl TrackedRun {
    /// A run of which no more is known yet.
    pub fn new(
        id: Uuid,
        name: impl Into<String>,
        pipeline: impl Into<String>,
        stack: impl Into<String>,
        user: impl Into<String>,
        started: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            name: name.into(),
            pipeline: pipeline.into(),
            stack: stack.into(),
            started,
            user: user.into(),
            program: None,
            git_commit: None,
            resumed_from: None,
            schedule: None,
            tags: Vec::new(),
        }
    }
}

/// One value of a metric.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrackedMetric {
    /// The name of the step that logged it, in the run.
    pub step: String,
    /// The metric's name, as the step said it.
    pub name: String,
    /// The value; may be NaN or infinite.
    pub value: f64,
    /// When it was logged.
    pub at: DateTime<Utc>,
    /// Which value of the metric it is: an epoch, say. 0 when the step gave none.
    pub index: i64,
}

impl TrackedMetric {
    /// This value of this metric.
    pub fn new(
        step: impl Into<String>,
        name: impl Into<String>,
        value: f64,
        at: DateTime<Utc>,
        index: i64,
    ) -> Self {
        Self {
            step: step.into(),
            name: name.into(),
            value,
            at,
            index,
        }
    }
}

/// What is to be logged in one go, in this order.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct TrackedBatch {
    /// Parameters: `epochs` for an argument of the pipeline, `trainer.epochs` for a parameter of a step. None comes twice in a run.
    pub parameters: Vec<(String, String)>,
    /// Values of metrics, in the order in which they were logged.
    pub metrics: Vec<TrackedMetric>,
    /// Tags of the run.
    pub tags: BTreeMap<String, String>,
}

impl TrackedBatch {
    /// How many things it holds.
    pub fn len(&self) -> usize {
        self.parameters.len() + self.metrics.len() + self.tags.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An output that is [logged](crate::graph::Artifact::logged).
#[derive(Debug)]
#[non_exhaustive]
pub struct TrackedArtifact<'a> {
    /// The step's name in the run.
    pub step: &'a str,
    /// The output's name; empty for the only output of a step.
    pub output: &'a str,
    /// The artifact, which can be read.
    pub artifact: &'a ArtifactView,
}

impl<'a> TrackedArtifact<'a> {
    /// This output of this step.
    pub fn new(step: &'a str, output: &'a str, artifact: &'a ArtifactView) -> Self {
        Self {
            step,
            output,
            artifact,
        }
    }
}

/// Shows parameters, metrics and chosen artifacts of runs elsewhere. A component of the stack.
///
/// The runner calls it in a thread of its own, one call at a time for each run, so that no step waits for it: what is to be delivered waits in a
/// bounded queue, and failures that may pass ([`TrackingError::Unavailable`]) are tried again for as long as the run goes on, and for
/// [`flush_timeout`](Self::flush_timeout) longer. What could not be delivered is told as a warning, and recorded with the run
/// ([`TrackingRecord`](crate::metadata::TrackingRecord)); it never makes a run fail.
///
/// Methods block. None may take longer than a few seconds, but for large artifacts, which come when nothing else waits; each may be called again after it failed, also when the failed call has had its effect.
pub trait ExperimentTracker: Send + Sync + fmt::Debug {
    /// Where it is, without credentials.
    fn location(&self) -> String;

    /// Begins a run. When it is called again for the same run, it finds the one that it has begun.
    ///
    /// # Errors
    /// When the tracker can't be reached or refuses.
    fn begin(&self, run: &TrackedRun) -> Result<Box<dyn RunWriter>, TrackingError>;

    /// Ends a run whose program could not end it, by the id that [`RunWriter::id`] gave. A run that has ended stays as it is.
    ///
    /// # Errors
    /// When the tracker can't be reached or refuses.
    fn end_lost(&self, id: &str, status: Status, ended: DateTime<Utc>) -> Result<(), TrackingError>;

    /// The most parameters, values and tags in one [batch](TrackedBatch).
    fn batch_size(&self) -> usize {
        1000
    }

    /// How many values wait at most while the tracker is slow; those that come then are not delivered.
    fn queue_size(&self) -> usize {
        100_000
    }

    /// How long the end of a run waits at most for what isn't delivered yet.
    fn flush_timeout(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// Writes what happens in one run. Methods block.
pub trait RunWriter: Send + fmt::Debug {
    /// The run's id there.
    fn id(&self) -> &str;

    /// Where people see it, when it has a page.
    fn url(&self) -> Option<String> {
        None
    }

    /// Logs a batch. One that fails is logged again, as a whole or in parts.
    ///
    /// # Errors
    /// When the tracker can't be reached or refuses.
    fn log(&mut self, batch: &TrackedBatch) -> Result<(), TrackingError>;

    /// Puts an artifact there.
    ///
    /// # Errors
    /// When the artifact can't be read, or the tracker can't be reached or refuses.
    fn log_artifact(&mut self, artifact: &TrackedArtifact<'_>) -> Result<(), TrackingError>;

    /// Ends the run.
    ///
    /// # Errors
    /// When the tracker can't be reached or refuses.
    fn end(&mut self, status: Status, ended: DateTime<Utc>) -> Result<(), TrackingError>;
}

/// The kind of [experiment trackers](ExperimentTracker).
#[derive(Debug)]
pub struct ExperimentTrackerKind;

impl ComponentKind for ExperimentTrackerKind {
    const TYPE: ComponentType = ComponentType::ExperimentTracker;
    type Value = Arc<dyn ExperimentTracker>;
}

impl StackBuilder {
    /// The experiment tracker.
    #[must_use]
    pub fn experiment_tracker(self, tracker: Arc<dyn ExperimentTracker>) -> Self {
        let (kind, flavor) = (ComponentType::ExperimentTracker.as_str(), "given");
        self.component(Component::new(kind, "default", flavor, Arc::new(tracker)))
    }
}
