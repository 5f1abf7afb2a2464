//! MLflow as experiment tracker and model registry, by its REST API. The servers are real.

mod artifacts;
mod batches;
mod keys;
mod outage;
mod registry;
mod runs;
mod served;
mod signing_in;
mod uploads;

use std::process::Command;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use zen_core::model_registry::ModelRegistry;
use zen_core::prelude::*;
use zen_core::secrets::{FileSecrets, Secret, SecretsStore};
use zen_core::serving::{Datatype, TensorSpec};
use zen_core::tracking::{ExperimentTracker, TrackedMetric, TrackedRun};
use zen_integrations::export::{ExportedOnnx, ToOnnx};
use zen_tests::mlflow::{Server, python};

use super::stacks::Project;

/// A stack with a tracker and a registry.
struct Stage {
    #[allow(dead_code, reason = "holds the folder")]
    project: Project,
    stack: Stack,
}

impl Stage {
    /// On the server at this URI, with more lines in both configurations, and secrets by their names.
    fn at(uri: &str, lines: &str, secrets: &[(&str, &str)]) -> Self {
        let component =
            |kind| format!("[components.{kind}.m]\nflavor = \"mlflow\"\ntracking_uri = \"{uri}\"\n{lines}\n");
        let text = format!(
            "{}{}[stacks.s]\nexperiment_tracker = \"m\"\nmodel_registry = \"m\"\n",
            component("experiment_tracker"),
            component("model_registry")
        );
        let project = Project::new(&text);
        let file = FileSecrets::in_home(&project.home());
        for (name, secret) in secrets {
            file.set(&name.parse().unwrap(), &Secret::new(*secret)).unwrap();
        }
        let stack = project.choose().stack("s").open().unwrap();
        Self { project, stack }
    }

    /// On the server that all share.
    fn shared() -> Option<(&'static Server, Self)> {
        let server = Server::shared()?;
        Some((server, Self::at(&server.uri(), "", &[])))
    }

    fn tracker(&self) -> Arc<dyn ExperimentTracker> {
        let tracker = self.stack.component::<Arc<dyn ExperimentTracker>>().unwrap();
        Arc::clone(&tracker.unwrap())
    }

    fn registry(&self) -> Arc<dyn ModelRegistry> {
        let registry = self.stack.component::<Arc<dyn ModelRegistry>>().unwrap();
        Arc::clone(&registry.unwrap())
    }

    /// A stored artifact.
    fn saved<T: Materialize>(&self, name: &str, value: T) -> ArtifactView {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime
            .block_on(Client::of(self.stack.clone()).save(name, value))
            .unwrap()
    }
}

/// A run of a pipeline of this name.
fn run_of(pipeline: &str) -> TrackedRun {
    let mut run = TrackedRun::new(
        Uuid::now_v7(),
        "quiet-otter",
        pipeline,
        "team",
        "ada",
        at(1_700_000_000_000),
    );
    run.tags = vec!["nightly".to_owned()];
    run
}

fn at(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).unwrap()
}

fn metric(step: &str, name: &str, value: f64, index: i64) -> TrackedMetric {
    TrackedMetric::new(step, name, value, at(1_700_000_001_000 + index), index)
}

/// A name that nothing else on the server has.
fn unique(name: &str) -> String {
    format!("{name}-{}", Uuid::now_v7().simple())
}

/// `info` of a run, as the server tells it.
fn info(server: &Server, run: &str) -> Value {
    server.get(&format!("runs/get?run_id={run}"))["run"]["info"].clone()
}

/// What a run has of `params`, `tags` or `metrics`: the value of a key.
fn datum(server: &Server, run: &str, what: &str, key: &str) -> Value {
    let run = server.get(&format!("runs/get?run_id={run}"));
    let data = run["run"]["data"][what].as_array().cloned().unwrap_or_default();
    let found = data.iter().find(|item| item["key"] == key);
    found.map_or(Value::Null, |item| item["value"].clone())
}

/// A model that is an ONNX file already: `y = slope * x`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct OnnxLine {
    #[serde(with = "serde_bytes")]
    file: Vec<u8>,
}

impl OnnxLine {
    fn new(slope: f64) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/onnx_line.py");
        let output = Command::new(python().unwrap())
            .arg(script)
            .arg(slope.to_string())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Self { file: output.stdout }
    }
}

impl ToOnnx for OnnxLine {
    fn to_onnx(&self) -> Result<ExportedOnnx> {
        let tensor = |name: &str| TensorSpec {
            name: name.to_owned(),
            datatype: Datatype::Fp32,
            shape: vec![-1, 1],
        };
        Ok(ExportedOnnx::new(
            self.file.clone(),
            vec![tensor("x")],
            vec![tensor("y")],
        ))
    }
}

zen_integrations::register_onnx!(OnnxLine);
