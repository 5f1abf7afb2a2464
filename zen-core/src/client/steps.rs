//! Steps of runs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{ArtifactView, ClientError};
use crate::artifact::Materialize;
use crate::metadata::{Edge, HookRecord, LogRecord, MetricRecord, Status, StepRecord};
use crate::stack::Stack;

/// One step of one run.
#[derive(Debug, Clone)]
pub struct StepView {
    stack: Stack,
    record: StepRecord,
}

/// How many log lines are read at a time.
const LINES: u32 = 10_000;

impl StepView {
    pub(crate) fn new(stack: Stack, record: StepRecord) -> Self {
        Self { stack, record }
    }

    /// All that is recorded of it.
    pub fn record(&self) -> &StepRecord {
        &self.record
    }

    /// The id of the step of the run.
    pub fn id(&self) -> Uuid {
        self.record.id
    }

    /// The step's name in the run.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Where it stands, or stood when this view was made.
    pub fn status(&self) -> Status {
        self.record.status
    }

    /// Why it failed or was skipped.
    pub fn error(&self) -> Option<&str> {
        self.record.error.as_deref()
    }

    /// When the last attempt started.
    pub fn started(&self) -> Option<DateTime<Utc>> {
        self.record.started
    }

    /// How long the last attempt took; none while it runs, and for a step that was not executed.
    pub fn took(&self) -> Option<std::time::Duration> {
        (self.record.ended? - self.record.started?).to_std().ok()
    }

    /// When it ended.
    pub fn ended(&self) -> Option<DateTime<Utc>> {
        self.record.ended
    }

    /// Its parameters by name.
    pub fn parameters(&self) -> &Value {
        &self.record.parameters
    }

    /// What it recorded with [`log_metadata`](crate::graph::StepContext::log_metadata).
    pub fn metadata(&self) -> &BTreeMap<String, Value> {
        &self.record.metadata
    }

    /// An output's value: `output` for a step that returns a single value.
    ///
    /// # Errors
    /// When there is no such output, it has another type, or it can't be read.
    pub async fn load<T: Materialize>(&self, output: &str) -> Result<T, ClientError> {
        self.output(output)?.load().await
    }

    /// An output.
    ///
    /// # Errors
    /// When there is no such output.
    pub fn output(&self, output: &str) -> Result<ArtifactView, ClientError> {
        let outputs = &self.record.outputs;
        if let Some(edge) = outputs.iter().find(|edge| edge.name == output)
            && let Some(record) = self.stack.metadata().artifact(edge.artifact)?
        {
            return Ok(ArtifactView::new(self.stack.clone(), record));
        }
        let known: Vec<_> = outputs.iter().map(|edge| edge.name.as_str()).collect();
        Err(ClientError::NoOutput {
            run: self.record.run,
            step: self.record.name.clone(),
            status: self.record.status,
            output: output.to_owned(),
            known: if known.is_empty() {
                "none".into()
            } else {
                known.join(", ")
            },
        })
    }

    /// The artifacts it read, by argument.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn inputs(&self) -> Result<Vec<(String, ArtifactView)>, ClientError> {
        self.follow(&self.record.inputs)
    }

    /// The artifacts it made or, when cached, adopted, by output.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn outputs(&self) -> Result<Vec<(String, ArtifactView)>, ClientError> {
        self.follow(&self.record.outputs)
    }

    fn follow(&self, edges: &[Edge]) -> Result<Vec<(String, ArtifactView)>, ClientError> {
        let mut artifacts = Vec::with_capacity(edges.len());
        for edge in edges {
            if let Some(record) = self.stack.metadata().artifact(edge.artifact)? {
                artifacts.push((edge.name.clone(), ArtifactView::new(self.stack.clone(), record)));
            }
        }
        Ok(artifacts)
    }

    /// The hooks that were called after it, oldest first; none for a step that was not executed.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn hooks(&self) -> Result<Vec<HookRecord>, ClientError> {
        let mut hooks = self.stack.metadata().hooks(self.record.run)?;
        hooks.retain(|hook| hook.step == Some(self.record.id));
        Ok(hooks)
    }

    /// For a cached step: the step of an earlier run that made its outputs.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn origin(&self) -> Result<Option<StepView>, ClientError> {
        let Some(source) = self.record.source_step else {
            return Ok(None);
        };
        let step = self.stack.metadata().step(source)?;
        Ok(step.map(|record| Self::new(self.stack.clone(), record)))
    }

    /// Which step run said what this view tells: a cached step has said nothing itself.
    fn speaker(&self) -> Uuid {
        self.record.source_step.unwrap_or(self.record.id)
    }

    /// Its log, from line `from` on, as far as it is written: it may be read while the step runs. For a cached step, the log of its
    /// [`origin`](Self::origin).
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn logs(&self, from: u64) -> Result<Vec<LogRecord>, ClientError> {
        let mut lines = Vec::new();
        let mut next = from;
        loop {
            let page = self.stack.metadata().logs(self.speaker(), next, LINES)?;
            let full = page.len() == LINES as usize;
            next = page.last().map_or(next, |line| line.line + 1);
            lines.extend(page);
            if !full {
                return Ok(lines);
            }
        }
    }

    /// Its metrics in the order they were logged. For a cached step, those of its [`origin`](Self::origin).
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn metrics(&self) -> Result<Vec<MetricRecord>, ClientError> {
        Ok(self.stack.metadata().metrics(self.speaker())?)
    }

    /// The last value of a metric.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn metric(&self, name: &str) -> Result<Option<f64>, ClientError> {
        Ok(self
            .metrics()?
            .into_iter()
            .rev()
            .find(|metric| metric.name == name)
            .map(|metric| metric.value))
    }
}
