//! Models that a tracking server knows.

use std::process::Command;

use serde_json::json;
use zen_core::deploy::DeployConfig;
use zen_core::prelude::*;
use zen_core::service::TokenSource;
use zen_integrations::export::ToOnnx;
use zen_integrations::mlflow::{ModelDir, mlflow_deployer};
use zen_tests::mlflow::Server;
use zen_tests::models::Line;

use super::project::{PATIENCE, Project, front, members};

/// Registers each folder as a version of the model `line`, each in a run of its own, of which the last is printed; the alias `best` is the first version.
const REGISTER: &str = "
import sys, mlflow
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
client.create_registered_model('line')
for folder in sys.argv[2:]:
    run = client.create_run('0')
    client.log_artifacts(run.info.run_id, folder, 'model')
    client.create_model_version('line', run.info.artifact_uri + '/model', run.info.run_id)
client.set_registered_model_alias('line', 'best', '1')
print(run.info.run_id)
";

const ALIAS: &str = "
import sys
from mlflow import MlflowClient
MlflowClient(sys.argv[1]).set_registered_model_alias('line', 'best', sys.argv[2])
";

fn python(script: &str, arguments: &[&str]) -> String {
    let python = zen_tests::mlflow::python().unwrap();
    let ran = Command::new(python)
        .args(["-c", script])
        .args(arguments)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).trim().to_owned()
}

#[pipeline]
fn serving(uri: String, config: DeployConfig) -> Artifact<Service> {
    mlflow_deployer(uri, config)
}

#[test]
fn an_alias_is_served_as_the_version_it_means() {
    let Some(project) = Project::new() else { return };
    let Some(mut tracking) = Server::start() else {
        return;
    };
    let server = tracking.uri();
    let folders = [2.0, 3.0].map(|slope| {
        let model = Line::new(slope).to_onnx().unwrap();
        let dir = ModelDir::write(&project.folder().join("models"), &model).unwrap();
        dir.path().to_str().unwrap().to_owned()
    });
    let run = python(REGISTER, &[&server, &folders[0], &folders[1]]);
    let token = project.folder().join("token");
    std::fs::write(&token, "open-sesame-1234").unwrap();
    let options = project
        .options()
        .tracking_uri(server.as_str())
        .token(TokenSource::File(token));
    let deploy = |uri: &str| project.deploy_uri(uri, options.clone());

    let service = deploy("models:/line@best").unwrap();
    assert_eq!(service.predict_json(&json!([1.0])).unwrap(), json!([2.0]));
    let record = service.record().unwrap();
    assert_eq!(record.model_uri.as_deref(), Some("models:/line@best"));
    let recorded = serde_json::to_string(&record).unwrap();
    assert!(
        recorded.contains("models:/line/1") && !recorded.contains("open-sesame"),
        "{recorded}"
    );
    // What has fetched the model needed the token; nobody who goes on has it.
    let all = members(front(&service));
    assert!(
        all.iter().all(|(_, line)| !line.contains("open-sesame")),
        "{all:?}"
    );
    let has_token = |pid: u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains("open-sesame-1234")
    };
    assert!(!all.iter().any(|(pid, _)| has_token(*pid)), "{all:?}");

    // The alias means another version, and the server the same.
    assert_eq!(deploy("models:/line@best").unwrap().record().unwrap().version, 1);
    python(ALIAS, &[&server, "2"]);
    service.stop(PATIENCE, false).unwrap();
    service.start(PATIENCE).unwrap();
    assert_eq!(service.predict_json(&json!([1.0])).unwrap(), json!([2.0]));
    // The same model by its run, which is another URI: a new version of the server.
    let service = deploy(&format!("runs:/{run}/model")).unwrap();
    assert_eq!(service.predict_json(&json!([1.0])).unwrap(), json!([3.0]));
    let service = deploy("models:/line@best").unwrap();
    assert_eq!(service.predict_json(&json!([1.0])).unwrap(), json!([3.0]));

    let missing = deploy("models:/line@worst").unwrap_err().to_string();
    assert!(
        missing.contains("worst") && missing.contains(&server),
        "{missing}"
    );
    let missing = deploy("models:/line/9").unwrap_err().to_string();
    assert!(missing.contains("knows no model `models:/line/9`"), "{missing}");
    assert_eq!(service.predict_json(&json!([1.0])).unwrap(), json!([3.0]));

    // In a pipeline, and without the tracking server when what it had is known: a version that runs is left alone.
    let config = || DeployConfig::named("line").timeout(PATIENCE).with(&options);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let run = || {
        let pipeline = serving("models:/line/1".to_owned(), config())
            .on(&project.stack)
            .quiet();
        let run = runtime.block_on(async { pipeline.run().await.unwrap().output().await.unwrap() });
        run.record().unwrap().version
    };
    assert_eq!((run(), run()), (1, 1), "it is deployed once");
    tracking.crash();
    service.stop(PATIENCE, false).unwrap();
    service.start(PATIENCE).unwrap();
    assert_eq!(
        service.predict_json(&json!([1.0])).unwrap(),
        json!([3.0]),
        "what was fetched is kept"
    );
}
