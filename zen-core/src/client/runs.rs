//! Runs of pipelines.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::blocking::blocking;
use super::{ArtifactView, ClientError, StepView};
use crate::cache::{Explanation, explain};
use crate::graph::EncodedArguments;
use crate::metadata::{ArtifactFilter, HookRecord, RunRecord, Status, TrackingRecord};
use crate::stack::Stack;

/// One run of a pipeline, as recorded when this view was made.
#[derive(Debug, Clone)]
pub struct RunView {
    pub(crate) stack: Stack,
    record: RunRecord,
}

impl RunView {
    pub(crate) fn new(stack: Stack, record: RunRecord) -> Self {
        Self { stack, record }
    }

    /// All that is recorded of it.
    pub fn record(&self) -> &RunRecord {
        &self.record
    }

    /// The run's id.
    pub fn id(&self) -> Uuid {
        self.record.id
    }

    /// The run's name.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// The pipeline's name.
    pub fn pipeline(&self) -> &str {
        &self.record.pipeline
    }

    /// Where it stands, or stood when this view was made.
    pub fn status(&self) -> Status {
        self.record.status
    }

    /// Why it failed.
    pub fn error(&self) -> Option<&str> {
        self.record.error.as_deref()
    }

    /// The pipeline's arguments by name.
    pub fn arguments(&self) -> &Value {
        &self.record.arguments
    }

    /// The arguments as bytes, from which [`rebuild_pipeline`](crate::graph::rebuild_pipeline) builds the pipeline again.
    ///
    /// # Errors
    /// When they are large, and so in the artifact store, and can't be read from there.
    pub async fn recorded_arguments(&self) -> Result<Bytes, ClientError> {
        let Some(object) = EncodedArguments::object(&self.record.arguments_encoded) else {
            return Ok(self.record.arguments_encoded.clone().into());
        };
        let view = self.clone();
        blocking(move || {
            let what = format!("the arguments of run {}", view.id());
            Ok(view.stack.artifacts().get(object, &what)?)
        })
        .await
    }

    /// When it started.
    pub fn started(&self) -> DateTime<Utc> {
        self.record.started
    }

    /// When it ended.
    pub fn ended(&self) -> Option<DateTime<Utc>> {
        self.record.ended
    }

    /// Its steps in the order they were recorded, as they stand now.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn steps(&self) -> Result<Vec<StepView>, ClientError> {
        let steps = self.stack.metadata().steps(self.record.id)?;
        Ok(steps
            .into_iter()
            .map(|record| StepView::new(self.stack.clone(), record))
            .collect())
    }

    /// One step by its name in the run, as it stands now.
    ///
    /// # Errors
    /// When there is no such step.
    pub fn step(&self, name: &str) -> Result<StepView, ClientError> {
        if let Some(record) = self.stack.metadata().step_named(self.record.id, name)? {
            return Ok(StepView::new(self.stack.clone(), record));
        }
        let names: Vec<String> = self
            .stack
            .metadata()
            .steps(self.record.id)?
            .into_iter()
            .map(|step| step.name)
            .collect();
        Err(ClientError::NoStep {
            run: self.record.id,
            step: name.to_owned(),
            known: super::artifacts::similar(&names, name),
        })
    }

    /// The artifacts it made, newest first; not those it adopted.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn artifacts(&self) -> Result<Vec<ArtifactView>, ClientError> {
        let filter = ArtifactFilter {
            run: Some(self.record.id),
            ..ArtifactFilter::default()
        };
        let records = self.stack.metadata().artifacts(&filter)?;
        Ok(records
            .into_iter()
            .map(|record| ArtifactView::new(self.stack.clone(), record))
            .collect())
    }

    /// What the stack's experiment tracker has of it; none when it isn't tracked, or not yet.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn tracking(&self) -> Result<Option<TrackingRecord>, ClientError> {
        Ok(self.stack.metadata().tracking(self.record.id)?)
    }

    /// The hooks that were called after it and its steps, and after the slot of a schedule that it was for, oldest first, as far as they have
    /// ended. A hook that a killed program was about to call is not among them.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn hooks(&self) -> Result<Vec<HookRecord>, ClientError> {
        Ok(self.stack.metadata().hooks(self.record.id)?)
    }

    /// Why a step was or wasn't taken from the cache: which fields of its key changed since the run before.
    ///
    /// # Errors
    /// When there is no such step.
    pub fn explain(&self, step: &str) -> Result<Explanation, ClientError> {
        let step = self.step(step)?;
        Ok(explain(
            self.stack.metadata().as_ref(),
            &self.record.pipeline,
            step.record(),
        )?)
    }
}
