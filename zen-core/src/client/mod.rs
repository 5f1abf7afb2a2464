//! The client: pipelines, runs, steps, artifacts and their lineage, for any program.

mod artifacts;
mod blocking;
mod cancel;
mod error;
mod runs;
mod steps;

use uuid::Uuid;

pub use artifacts::ArtifactView;
pub(crate) use artifacts::{elsewhere, find_artifact, find_object, read_object, save, similar};
pub(crate) use blocking::blocking;
pub use cancel::CancelOutcome;
pub use error::ClientError;
pub use runs::RunView;
pub use steps::StepView;

use crate::artifact::Materialize;
use crate::metadata::{PipelineRecord, PipelineVersionRecord, RunFilter};
use crate::stack::{Stack, StackError};

/// Asks a stack what it remembers.
///
/// Methods without `async` ask the metadata store, which answers in microseconds when it is local.
///
/// ```
/// use zen_core::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let client = Client::of(Stack::in_memory()?);
/// let saved = client.save("thresholds", vec![0.1, 0.5]).await?;
/// assert_eq!((saved.name(), saved.version()), ("thresholds", 1));
///
/// let loaded: Vec<f64> = client.artifact("thresholds", None)?.load().await?;
/// assert_eq!(loaded, [0.1, 0.5]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    stack: Stack,
}

impl Client {
    /// Asks the project's stack.
    ///
    /// # Errors
    /// When the stack can't be opened.
    pub fn open() -> Result<Self, StackError> {
        Ok(Self::of(Stack::active()?))
    }

    /// Asks this stack.
    pub fn of(stack: Stack) -> Self {
        Self { stack }
    }

    /// The stack it asks.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// All pipelines that have been run, by name.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn pipelines(&self) -> Result<Vec<PipelineRecord>, ClientError> {
        Ok(self.stack.metadata().pipelines()?)
    }

    /// The graphs a pipeline has had, oldest first.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn pipeline_versions(&self, pipeline: &str) -> Result<Vec<PipelineVersionRecord>, ClientError> {
        Ok(self.stack.metadata().pipeline_versions(pipeline)?)
    }

    /// Runs, newest first.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<RunView>, ClientError> {
        let records = self.stack.metadata().runs(filter)?;
        Ok(records
            .into_iter()
            .map(|record| RunView::new(self.stack.clone(), record))
            .collect())
    }

    /// One run.
    ///
    /// # Errors
    /// When there is no such run.
    pub fn run(&self, run: Uuid) -> Result<RunView, ClientError> {
        match self.stack.metadata().run(run)? {
            Some(record) => Ok(RunView::new(self.stack.clone(), record)),
            None => Err(ClientError::NoRun(run)),
        }
    }

    /// The newest run of a pipeline, whatever became of it.
    ///
    /// # Errors
    /// When the pipeline has never been run.
    pub fn last_run(&self, pipeline: &str) -> Result<RunView, ClientError> {
        let filter = RunFilter {
            pipeline: Some(pipeline.to_owned()),
            limit: Some(1),
            ..RunFilter::default()
        };
        match self.stack.metadata().runs(&filter)?.pop() {
            Some(record) => Ok(RunView::new(self.stack.clone(), record)),
            None => {
                let names: Vec<_> = self
                    .pipelines()?
                    .into_iter()
                    .map(|pipeline| pipeline.name)
                    .collect();
                Err(ClientError::NoPipeline {
                    store: self.stack.metadata().location(),
                    pipeline: pipeline.to_owned(),
                    known: artifacts::similar(&names, pipeline),
                })
            }
        }
    }

    /// One version of an artifact by name: this number, or the newest.
    ///
    /// # Errors
    /// When there is none.
    pub fn artifact(&self, name: &str, number: Option<u32>) -> Result<ArtifactView, ClientError> {
        let record = artifacts::find_version(self.stack.metadata().as_ref(), name, number)?;
        Ok(ArtifactView::new(self.stack.clone(), record))
    }

    /// The names of all artifacts, sorted.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn artifact_names(&self) -> Result<Vec<String>, ClientError> {
        Ok(self.stack.metadata().artifact_names()?)
    }

    /// Saves a value as the next version of an artifact, outside any run. Pipelines take it with
    /// [`latest`](crate::graph::latest()) or [`version`](crate::graph::version()).
    ///
    /// # Errors
    /// When the name can't be used or the value can't be stored.
    pub async fn save<T: Materialize>(
        &self,
        name: impl Into<String>,
        value: T,
    ) -> Result<ArtifactView, ClientError> {
        let (stack, name) = (self.stack.clone(), name.into());
        let saving = stack.clone();
        let record = blocking(move || artifacts::save(&saving, name, &value, Vec::new())).await?;
        Ok(ArtifactView::new(stack, record))
    }
}
