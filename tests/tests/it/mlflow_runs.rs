//! Runs on stacks that are MLflow's, seen over MLflow's own REST interface.

mod ends;
mod promoted;
mod tracked;

use serde_json::{Value, json};
use zen_core::prelude::*;
use zen_tests::mlflow::Server;

use crate::stacks::Project;

/// A project whose stack `mlflow` is tracked and registers models at this server.
fn project(server: &Server, more: &str) -> Project {
    let uri = server.uri();
    Project::new(&format!(
        r#"stack = "mlflow"
[components.experiment_tracker.mlflow]
flavor = "mlflow"
tracking_uri = "{uri}"
{more}
[components.model_registry.mlflow]
flavor = "mlflow"
tracking_uri = "{uri}"
{more}
[stacks.mlflow]
experiment_tracker = "mlflow"
model_registry = "mlflow"
"#
    ))
}

/// The MLflow run of a run.
fn tracked(server: &Server, run: &RunView) -> Value {
    let id = run.tracking().unwrap().unwrap().id.unwrap();
    server.get(&format!("runs/get?run_id={id}"))["run"].clone()
}

/// The MLflow runs of the experiment that is named as the pipeline; none when there is no such experiment yet.
fn runs_of(server: &Server, pipeline: &str) -> Vec<Value> {
    let all = server.post("experiments/search", &json!({ "max_results": 1000 }));
    let named = |experiment: &&Value| experiment["name"] == pipeline;
    let experiments = all["experiments"].as_array();
    let Some(experiment) = experiments.and_then(|all| all.iter().find(named)) else {
        return Vec::new();
    };
    let ids = [&experiment["experiment_id"]];
    let found = server.post("runs/search", &json!({ "experiment_ids": ids }));
    found["runs"].as_array().cloned().unwrap_or_default()
}

/// What is kept under this key, among `params`, `metrics` or `tags`.
fn entry(run: &Value, kind: &str, key: &str) -> Option<Value> {
    let entries = run["data"][kind].as_array()?;
    let found = entries.iter().find(|entry| entry["key"] == key)?;
    Some(found["value"].clone())
}
