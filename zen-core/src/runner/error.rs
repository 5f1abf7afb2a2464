//! Why a run didn't end well.

use std::sync::Arc;

use uuid::Uuid;

use crate::client::ClientError;
use crate::graph::{ConfigError, FailureKind, GraphError, RegistryError, StepFailure};
use crate::metadata::MetadataError;
use crate::stack::StackError;

/// Why a run could not be started, or didn't end well.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The graph has a mistake that the compiler couldn't see.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The stack can't be opened.
    #[error(transparent)]
    Stack(Arc<StackError>),
    /// A step failed. Steps that didn't depend on it may have completed; a next run takes them from the cache.
    #[error("pipeline `{pipeline}`: step `{step}` failed: {failure} (run {run})")]
    StepFailed {
        /// The pipeline.
        pipeline: String,
        /// The run.
        run: Uuid,
        /// The first step that failed.
        step: String,
        /// Why.
        #[source]
        failure: StepFailure,
    },
    /// The run was cancelled.
    #[error("pipeline `{pipeline}`: run {run} was cancelled: {reason}")]
    Cancelled {
        /// The pipeline.
        pipeline: String,
        /// The run.
        run: Uuid,
        /// By whom or what.
        reason: String,
    },
    /// The metadata store failed while the run went on: what was finished before is recorded.
    #[error("pipeline `{pipeline}`: run {run} could not be recorded{}", from(step.as_deref()))]
    NotRecorded {
        /// The pipeline.
        pipeline: String,
        /// The run.
        run: Uuid,
        /// The first step whose record was lost, when it is known: other steps may have been lost with it.
        step: Option<String>,
        /// The cause.
        #[source]
        source: Arc<MetadataError>,
    },
    /// The run to be resumed can't be.
    #[error("run {run} can't be resumed: {reason}")]
    Resume {
        /// The run.
        run: Uuid,
        /// Why not.
        reason: String,
    },
    /// The one step that is to be run is none of the pipeline's.
    #[error("pipeline `{pipeline}` has no step `{step}` that could be run by itself ({reason})")]
    NoStep {
        /// The pipeline.
        pipeline: String,
        /// The name.
        step: String,
        /// The one that was probably meant, and those there are.
        reason: String,
    },
    /// A step is to run in a process of its own, and can't.
    #[error("pipeline `{pipeline}`: step `{step}` can't run in a process of its own: {reason}")]
    Isolation {
        /// The pipeline.
        pipeline: String,
        /// The first such step.
        step: String,
        /// Why not.
        reason: String,
    },
    /// What an earlier run left could not be read.
    #[error(transparent)]
    Client(Arc<ClientError>),
    /// A pipeline could not be found or built by name.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The run's configuration can't be read, or doesn't fit the pipeline.
    #[error(transparent)]
    Config(Arc<ConfigError>),
    /// The run's name, or a tag of the run or of a step, is too long.
    #[error("the {what} can't be used: {reason}")]
    Label {
        /// Which name or tag.
        what: String,
        /// Why not.
        reason: String,
    },
    /// There is no tokio runtime, or no thread could be started.
    #[error("a run can't be started here: {0}")]
    Runtime(String),
}

fn from(step: Option<&str>) -> String {
    step.map(|step| format!(" from step `{step}` on"))
        .unwrap_or_default()
}

impl RunError {
    /// The run, when it had begun.
    pub fn run(&self) -> Option<Uuid> {
        match self {
            Self::StepFailed { run, .. } | Self::Cancelled { run, .. } | Self::NotRecorded { run, .. } => {
                Some(*run)
            }
            _ => None,
        }
    }

    /// What kind of failure ended the step, for a run that failed by a step.
    pub fn failure_kind(&self) -> Option<FailureKind> {
        match self {
            Self::StepFailed { failure, .. } => Some(failure.kind()),
            _ => None,
        }
    }
}

impl From<StackError> for RunError {
    fn from(error: StackError) -> Self {
        Self::Stack(Arc::new(error))
    }
}

impl From<ConfigError> for RunError {
    fn from(error: ConfigError) -> Self {
        Self::Config(Arc::new(error))
    }
}

impl From<ClientError> for RunError {
    fn from(error: ClientError) -> Self {
        Self::Client(Arc::new(error))
    }
}

impl From<MetadataError> for RunError {
    fn from(error: MetadataError) -> Self {
        Self::Client(Arc::new(error.into()))
    }
}
