//! Servers that don't start, or not at once.

use std::os::unix::fs::PermissionsExt;

use zen_core::deploy::DeployConfig;
use zen_core::service::ServiceState;
use zen_tests::chain;
use zen_tests::models::Line;

use super::project::Project;

#[test]
fn a_model_that_cannot_be_loaded_says_why() {
    let Some(project) = Project::new() else { return };
    let broken = Line {
        cold: Some("no model at all".into()),
        ..Line::new(1.0)
    };
    for workers in [1usize, 2] {
        let options = zen_integrations::mlflow::MlflowOptions::default().workers(workers);
        let error = project
            .deploy(&broken, DeployConfig::named("line").with(&options))
            .unwrap_err();
        let said = chain(&error);
        assert!(
            said.contains("MLflow's server ended before it was ready"),
            "{said}"
        );
        assert!(
            said.contains("Failed to load")
                || said.contains("DecodeError")
                || said.contains("INVALID_PROTOBUF")
                || said.contains("Protobuf"),
            "{said}"
        );
    }
}

/// The first time, another process takes the port that MLflow's server is told to take.
const TAKER: &str = r#"#!/bin/sh
PATH="$VENV:$PATH"
port=
for argument; do
  [ "$before" = -p ] && port="$argument"
  before="$argument"
done
if [ -n "$port" ] && mkdir "$FOLDER/taken" 2>/dev/null; then
  "$VENV/python" -c "
import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', $port)); s.listen(); open('$FOLDER/port', 'w').write('$port'); time.sleep(600)" &
  while [ ! -s "$FOLDER/port" ]; do :; done
fi
exec "$VENV/mlflow" "$@"
"#;

#[test]
fn a_port_that_another_process_takes_is_given_up() {
    let Some(project) = Project::new() else { return };
    let folder = project.folder();
    let path = folder.join("mlflow");
    let venv = project.executable.parent().unwrap();
    let text = TAKER
        .replace("$VENV", venv.to_str().unwrap())
        .replace("$FOLDER", folder.to_str().unwrap());
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let options = project.options().executable(path.to_str().unwrap());
    let service = project
        .deploy(&Line::new(3.0), DeployConfig::named("line").with(&options))
        .unwrap();
    assert_eq!(service.status().unwrap().state, ServiceState::Active);
    assert_eq!(service.predict_one(&1.0).unwrap(), 3.0);
    assert!(folder.join("port").exists());
    let log: Vec<_> = service.logs(false, None).unwrap().collect();
    assert!(
        log.iter()
            .any(|line| line.contains("was taken by another process")),
        "{log:?}"
    );
}
