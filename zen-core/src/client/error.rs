//! What the client can't find or read.

use uuid::Uuid;

use crate::artifact::ArtifactError;
use crate::metadata::MetadataError;
use crate::stack::StackError;

/// Why a question about runs and artifacts has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The metadata store failed.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// An artifact could not be stored or read.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The project's folder could not be used.
    #[error(transparent)]
    Stack(Box<StackError>),
    /// There is no such run.
    #[error("there is no run {0}")]
    NoRun(Uuid),
    /// The pipeline has never been run.
    #[error("pipeline `{pipeline}` has no run in {store} (pipelines with runs: {known})")]
    NoPipeline {
        /// Where was looked.
        store: String,
        /// The pipeline.
        pipeline: String,
        /// Those that have runs.
        known: String,
    },
    /// The run has no such step.
    #[error("run {run} has no step `{step}` (it has: {known})")]
    NoStep {
        /// The run.
        run: Uuid,
        /// The step.
        step: String,
        /// Those it has.
        known: String,
    },
    /// The step has no such output.
    #[error("step `{step}` ({status}) of run {run} has no output `{output}` (it has: {known})")]
    NoOutput {
        /// The run.
        run: Uuid,
        /// The step.
        step: String,
        /// The step's status.
        status: crate::metadata::Status,
        /// The output.
        output: String,
        /// Those it has.
        known: String,
    },
    /// There is no such artifact.
    #[error("there is no artifact `{name}`{} in {store} (there is: {known})", .number.map(|n| format!(" version {n}")).unwrap_or_default())]
    NoArtifact {
        /// Where was looked.
        store: String,
        /// The name.
        name: String,
        /// The version asked for; none for the newest.
        number: Option<u32>,
        /// Similar names, or the versions there are.
        known: String,
    },
    /// The name can't be an artifact's.
    #[error("`{name}` can't name an artifact: {reason}")]
    BadName {
        /// The name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The label is too long.
    #[error("a tag of artifact `{name}` can't be used: {reason}")]
    BadTag {
        /// The artifact.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The thread that did the work could not be started, or died.
    #[error("the work could not be done: {0}")]
    Thread(String),
}
impl From<StackError> for ClientError {
    fn from(error: StackError) -> Self {
        // It would make every error here as large as it is.
        Self::Stack(Box::new(error))
    }
}
