//! Models that a tracking server knows.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use zen_core::deploy::DeployConfig;
use zen_core::prelude::*;
use zen_core::service::TokenSource;
use zen_integrations::export::ToOnnx;
use zen_integrations::mlflow::{ModelDir, mlflow_deployer};
use zen_tests::models::Line;

use super::project::{PATIENCE, Project, front, members, until};

/// A tracking server, which ends with all that it has started.
struct Tracking(Child);

impl Tracking {
    fn start(executable: &Path, folder: &Path, port: u16) -> Self {
        let path = std::env::var("PATH").unwrap_or_default();
        let log = std::fs::File::create(folder.join("tracking.log")).unwrap();
        let server = Command::new(executable)
            .args([
                "server",
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--workers",
                "1",
            ])
            .arg("--backend-store-uri")
            .arg(format!("sqlite:///{}", folder.join("tracking.db").display()))
            .arg("--artifacts-destination")
            .arg(folder.join("artifacts"))
            .env(
                "PATH",
                format!("{}:{path}", executable.parent().unwrap().display()),
            )
            .env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        let server = Self(server);
        until("the tracking server listens", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        server
    }
}

impl Drop for Tracking {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_raw(self.0.id().try_into().unwrap()).unwrap();
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.0.wait();
    }
}

/// Registers each folder as a version of the model `line`; the alias `best` is the version that is named.
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
";

const ALIAS: &str = "
import sys
from mlflow import MlflowClient
MlflowClient(sys.argv[1]).set_registered_model_alias('line', 'best', sys.argv[2])
";

fn python(script: &str, arguments: &[&str]) {
    let python = zen_tests::mlflow::python().unwrap();
    let ran = Command::new(python)
        .args(["-c", script])
        .args(arguments)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[pipeline]
fn serving(uri: String, config: DeployConfig) -> Artifact<Service> {
    mlflow_deployer(uri, config)
}

#[test]
fn an_alias_is_served_as_the_version_it_means() {
    let Some(project) = Project::new() else { return };
    let port = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let tracking = Tracking::start(&project.executable, project.folder(), port);
    let server = format!("http://127.0.0.1:{port}");
    let folders = [2.0, 3.0].map(|slope| {
        let model = Line::new(slope).to_onnx().unwrap();
        let dir = ModelDir::write(&project.folder().join("models"), &model).unwrap();
        dir.path().to_str().unwrap().to_owned()
    });
    python(REGISTER, &[&server, &folders[0], &folders[1]]);
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
    // MLflow has the token in its environment, and nobody has it in a command line.
    let all = members(front(&service));
    assert!(
        all.iter().all(|(_, line)| !line.contains("open-sesame")),
        "{all:?}"
    );
    let has_token = |pid: u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains("MLFLOW_TRACKING_TOKEN=open-sesame-1234")
    };
    assert!(all.iter().any(|(pid, _)| has_token(*pid)), "{all:?}");

    // The alias means another version, and the server the same.
    assert_eq!(deploy("models:/line@best").unwrap().record().unwrap().version, 1);
    python(ALIAS, &[&server, "2"]);
    service.stop(PATIENCE, false).unwrap();
    service.start(PATIENCE).unwrap();
    assert_eq!(service.predict_json(&json!([1.0])).unwrap(), json!([2.0]));
    let service = deploy("models:/line@best").unwrap();
    assert_eq!(service.predict_json(&json!([1.0])).unwrap(), json!([3.0]));

    let missing = deploy("models:/line@worst").unwrap_err().to_string();
    assert!(
        missing.contains("worst") && missing.contains(&server),
        "{missing}"
    );
    let missing = deploy("models:/line/9").unwrap_err().to_string();
    assert!(missing.contains("404"), "{missing}");
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
    drop(tracking);
    service.stop(PATIENCE, false).unwrap();
    service.start(PATIENCE).unwrap();
    assert_eq!(
        service.predict_json(&json!([1.0])).unwrap(),
        json!([3.0]),
        "what was fetched is kept"
    );
}
