//! Writing what happens in one run.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use zen_core::metadata::Status;
use zen_core::tracking::{RunWriter, TrackedArtifact, TrackedBatch, TrackedMetric, TrackingError};

use super::MetricNames;
use super::keys::Keys;
use super::requests::{Metric, Requests};
use super::values::{self, cut};
use crate::mlflow::MlflowError;
use crate::mlflow::rest::{Client, Run, Tag};

/// Writes one run.
pub(super) struct Writer {
    pub(super) client: Arc<Client>,
    pub(super) run: Run,
    names: MetricNames,
    parameters: Keys,
    metrics: Keys,
    tags: Keys,
    /// Which path of the run's artifacts belongs to which output.
    pub(super) paths: Keys,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {} in {:?}", self.run.run_id, self.client)
    }
}

impl Writer {
    pub(super) fn new(client: Arc<Client>, run: Run, names: MetricNames) -> Self {
        Self {
            client,
            run,
            names,
            parameters: Keys::default(),
            metrics: Keys::default(),
            tags: Keys::default(),
            paths: Keys::default(),
        }
    }

    fn failed(&self, error: MlflowError) -> TrackingError {
        let location = self.client.uri().to_string();
        match self.is_gone(&error) {
            // A run that was deleted takes nothing any more, whatever is left out.
            true => TrackingError::Denied {
                location,
                reason: format!("the run was deleted: {error}"),
            },
            false => error.of_tracker(&location),
        }
    }

    /// Whether a refusal comes from the run having been deleted: for runs that can be restored MLflow has no word of its own.
    fn is_gone(&self, error: &MlflowError) -> bool {
        let is_deleted = || {
            let run = self.client.run_of(&self.run.run_id);
            run.is_ok_and(|run| run.lifecycle_stage == "deleted")
        };
        error.is_missing() || (matches!(error, MlflowError::Api { .. }) && is_deleted())
    }

    fn send(&mut self, batch: &TrackedBatch) -> Result<(), MlflowError> {
        let Self {
            run,
            names,
            parameters,
            metrics,
            tags,
            ..
        } = self;
        let mut requests = Requests::new(&run.run_id);
        let mut put_together = |requests: &mut Requests<'_>| {
            for (name, value) in &batch.parameters {
                requests.parameter(&Tag::new(parameters.of(name), cut(value, values::PARAMETER)))?;
            }
            for (name, value) in &batch.tags {
                requests.tag(&Tag::new(tags.of(name), cut(value, values::TAG)))?;
            }
            for metric in &batch.metrics {
                requests.metric(&Metric {
                    key: metrics.of(&name(*names, metric)),
                    value: values::number(metric.value),
                    timestamp: values::milliseconds(metric.at),
                    step: metric.index,
                })?;
            }
            Ok(())
        };
        put_together(&mut requests).map_err(|error: serde_json::Error| MlflowError::Content {
            what: "a batch".to_owned(),
            source: error.into(),
        })?;
        let requests = requests.finish();
        requests
            .iter()
            .try_for_each(|request| self.client.log_batch(request))
    }
}

/// What a metric is called: elements of a fan-out are told apart in any case.
fn name(names: MetricNames, metric: &TrackedMetric) -> String {
    let step = &metric.step;
    match names == MetricNames::Step || step.ends_with(']') {
        true => format!("{}/{}", element(step), metric.name),
        false => metric.name.clone(),
    }
}

/// `trainer.3` for `trainer[3]`: MLflow's keys have no brackets.
fn element(step: &str) -> String {
    match step.ends_with(']') {
        true => step.replace('[', ".").replace(']', ""),
        false => step.to_owned(),
    }
}

impl RunWriter for Writer {
    fn id(&self) -> &str {
        &self.run.run_id
    }

    fn url(&self) -> Option<String> {
        let Run {
            experiment_id,
            run_id,
            ..
        } = &self.run;
        Some(format!(
            "{}/#/experiments/{experiment_id}/runs/{run_id}",
            self.client.uri()
        ))
    }

    fn log(&mut self, batch: &TrackedBatch) -> Result<(), TrackingError> {
        self.send(batch).map_err(|error| self.failed(error))
    }

    fn log_artifact(&mut self, artifact: &TrackedArtifact<'_>) -> Result<(), TrackingError> {
        self.put(artifact).map_err(|error| self.failed(error))
    }

    fn end(&mut self, status: Status, ended: DateTime<Utc>) -> Result<(), TrackingError> {
        self.client
            .end_run(&self.run.run_id, values::status(status), ended)
            .map_err(|error| self.failed(error))
    }
}
