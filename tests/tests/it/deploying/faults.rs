//! What goes wrong around deployments.

use std::net::TcpListener;
use std::process::Command;

use zen_core::deploy::DeployConfig;
use zen_core::prelude::*;
use zen_tests::models::Line;

use super::project::{Project, SOON};

fn kill(service: &Service<Line>) -> u32 {
    let pid = service
        .versions()
        .unwrap()
        .last()
        .unwrap()
        .process
        .clone()
        .unwrap()
        .pid;
    let killed = Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    while super::is_alive(pid) {
        std::thread::yield_now();
    }
    pid
}

#[test]
fn a_killed_server_is_known_to_be_dead_and_comes_back() {
    let project = Project::new();
    let service = project
        .deploy(&Line::new(2.0), DeployConfig::named("line"))
        .unwrap();
    let url = service.prediction_url();
    let pid = kill(&service);
    let status = service.status().unwrap();
    assert_eq!(
        (status.state, status.last_state),
        (ServiceState::Error, ServiceState::Active)
    );
    assert!(status.last_error.unwrap().contains(&pid.to_string()));
    assert!(service.is_failed());
    let error = service.predict_one(&1.0).unwrap_err().to_string();
    assert!(
        error.contains("error") && error.contains(&pid.to_string()),
        "{error}"
    );
    service.start(SOON).unwrap();
    assert_eq!(
        (service.prediction_url(), service.predict_one(&1.0).unwrap()),
        (url, 2.0)
    );
    // A deployment of the same once more brings a dead one back, too.
    kill(&service);
    let again = project
        .deploy(&Line::new(2.0), DeployConfig::named("line"))
        .unwrap();
    assert_eq!(
        (again.id(), again.predict_one(&1.0).unwrap()),
        (service.id(), 2.0)
    );
}

#[test]
fn a_taken_port_is_said() {
    let project = Project::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = project
        .deploy(&Line::new(1.0), DeployConfig::named("line").port(port))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&format!("port {port} of 127.0.0.1 is in use")),
        "{error}"
    );
    drop(taken);
    let service = project
        .deploy(&Line::new(1.0), DeployConfig::named("line").port(port))
        .unwrap();
    assert_eq!(service.endpoint().unwrap().port, port);
}

#[test]
fn a_lost_or_damaged_model_is_said() {
    let project = Project::new();
    // Large enough to be an object of its own.
    let line = Line {
        padding: vec![7; 100_000],
        ..Line::new(2.0)
    };
    let service = project.deploy(&line, DeployConfig::named("line")).unwrap();
    service.stop(SOON, false).unwrap();
    let digest = service.record().unwrap().model_digest.unwrap().to_string();
    let mut object = None;
    let mut folders = vec![project.folder().join(".zen/artifacts")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if digest.ends_with(path.file_name().unwrap().to_str().unwrap()) => object = Some(path),
                _ => {}
            }
        }
    }
    let object = object.expect("the model is stored");
    let bytes = std::fs::read(&object).unwrap();
    let mut damaged = bytes.clone();
    damaged[5000] ^= 1;
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, damaged).unwrap();
    let error = service.start(SOON).unwrap_err().to_string();
    assert!(error.contains("the model `line`"), "{error}");
    std::fs::remove_file(&object).unwrap();
    let error = service.start(SOON).unwrap_err().to_string();
    assert!(error.contains("the model `line`"), "{error}");
    assert_eq!(service.status().unwrap().state, ServiceState::Error);
    std::fs::write(&object, bytes).unwrap();
    service.start(SOON).unwrap();
    assert_eq!(service.predict_one(&1.0).unwrap(), 2.0);
}

#[test]
fn two_deployments_at_once_make_one_server() {
    let project = Project::new();
    std::thread::scope(|scope| {
        let deploy = |slope: f64| {
            let project = &project;
            scope.spawn(move || {
                project
                    .deploy(&Line::new(slope), DeployConfig::named("line"))
                    .unwrap()
            })
        };
        let services: Vec<_> = (1..=4).map(|slope| deploy(f64::from(slope))).collect();
        let ids: Vec<_> = services
            .into_iter()
            .map(|service| service.join().unwrap().id())
            .collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        let service: Service<Line> = Service::find(&project.stack, ids[0]).unwrap();
        assert_eq!(service.versions().unwrap().len(), 4);
        let last = service.versions().unwrap().pop().unwrap();
        assert_eq!(service.record().unwrap().version, last.number);
    });
}
