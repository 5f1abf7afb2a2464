//! Runs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Client, Tag};
use crate::mlflow::MlflowError;

/// The tag of a run that lists its models.
const MODELS_TAG: &str = "mlflow.log-model.history";

/// A run.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Run {
    /// Its id.
    pub run_id: String,
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// What becomes of it.
    pub status: RunStatus,
    /// Where its artifacts are.
    #[serde(default)]
    pub artifact_uri: String,
    /// `active` or `deleted`.
    #[serde(default)]
    pub lifecycle_stage: String,
}

/// What becomes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum RunStatus {
    /// It goes on.
    Running,
    /// It is to be started by somebody.
    Scheduled,
    /// It ended well.
    Finished,
    /// It ended with an error.
    Failed,
    /// It was stopped.
    Killed,
}

/// A run to begin.
#[derive(Debug, Clone, Serialize)]
pub struct NewRun {
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// Its name.
    pub run_name: String,
    /// When it began, in milliseconds.
    pub start_time: i64,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// What is logged by one call; each as JSON already.
#[derive(Debug, Default, Serialize)]
pub(in crate::mlflow) struct LogBatch<'a> {
    pub(in crate::mlflow) run_id: &'a str,
    pub(in crate::mlflow) metrics: Vec<Box<RawValue>>,
    pub(in crate::mlflow) params: Vec<Box<RawValue>>,
    pub(in crate::mlflow) tags: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct One {
    run: Info,
}

#[derive(Deserialize)]
struct Info {
    info: Run,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Many {
    #[serde(default)]
    runs: Vec<Info>,
}

impl Client {
    /// Begins a run: `POST runs/create`.
    ///
    /// # Errors
    /// When it is refused, or the server can't be asked.
    pub fn create_run(&self, run: &NewRun) -> Result<Run, MlflowError> {
        let made: One = self.post("runs/create", run)?;
        Ok(made.run.info)
    }

    /// A run: `GET runs/get`.
    ///
    /// # Errors
    /// When there is none of this id, or the server can't be asked.
    pub fn run_of(&self, id: &str) -> Result<Run, MlflowError> {
        let found: One = self.get("runs/get", &[("run_id", id)])?;
        Ok(found.run.info)
    }

    /// The run of an experiment that has this tag: `POST runs/search`. Neither key nor value may hold quotes.
    ///
    /// # Errors
    /// When the server can't be asked.
    pub fn run_tagged(&self, experiment: &str, key: &str, value: &str) -> Result<Option<Run>, MlflowError> {
        let question = json!({
            "experiment_ids": [experiment],
            "filter": format!("tags.`{key}` = '{value}'"),
            "run_view_type": "ACTIVE_ONLY",
            "max_results": 1,
        });
        let found: Many = self.post("runs/search", &question)?;
        Ok(found.runs.into_iter().next().map(|run| run.info))
    }

    /// Says what became of a run: `POST runs/update`.
    ///
    /// # Errors
    /// When there is none of this id, or the server can't be asked.
    pub fn end_run(&self, id: &str, status: RunStatus, ended: DateTime<Utc>) -> Result<(), MlflowError> {
        let body = json!({ "run_id": id, "status": status, "end_time": ended.timestamp_millis().max(0) });
        let _: Value = self.post("runs/update", &body)?;
        Ok(())
    }

    /// Logs what fits into one call: `POST runs/log-batch`.
    pub(in crate::mlflow) fn log_batch(&self, batch: &LogBatch<'_>) -> Result<(), MlflowError> {
        let _: Value = self.post("runs/log-batch", batch)?;
        Ok(())
    }

    /// Says that a folder of a run's artifacts is a model, so that the run's page shows it as one: `POST runs/log-model`, which appends to the tag
    /// `mlflow.log-model.history`. What is said there of the folder already is not said again.
    ///
    /// # Errors
    /// When it is refused, or the server can't be asked.
    pub fn log_model(&self, run: &str, model: &Value) -> Result<(), MlflowError> {
        let found: One = self.get("runs/get", &[("run_id", run)])?;
        let history = found.run.data.tags.into_iter().find(|tag| tag.key == MODELS_TAG);
        let models: Vec<Value> = history
            .and_then(|tag| serde_json::from_str(&tag.value).ok())
            .unwrap_or_default();
        let is_same = |known: &Value| {
            ["artifact_path", "model_uuid"]
                .iter()
                .all(|key| known[key] == model[key])
        };
        if models.iter().any(is_same) {
            return Ok(());
        }
        let body = json!({ "run_id": run, "model_json": model.to_string() });
        let _: Value = self.post("runs/log-model", &body)?;
        Ok(())
    }
}
