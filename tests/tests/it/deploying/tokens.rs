//! Tokens, and what a refusal says to a client.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use zen_core::deploy::DeployConfig;
use zen_core::prelude::*;
use zen_core::service::ServiceError;
use zen_tests::models::Line;

use super::project::Project;

#[test]
fn only_who_has_the_token_is_answered() {
    let project = Project::new();
    let file = project.folder().join("token");
    let config = || DeployConfig::named("line").token_file(&file);
    let missing = project.deploy(&Line::new(2.0), config()).unwrap_err().to_string();
    assert!(missing.contains("token"), "{missing}");
    std::fs::write(&file, "open-sesame-1234\n").unwrap();
    let service = project.deploy(&Line::new(2.0), config()).unwrap();
    assert!(service.is_running(), "health checks need no token");
    assert_eq!(service.predict_one(&1.0).unwrap(), 2.0);

    // The server has read it; the client now finds another one.
    std::fs::write(&file, "open-barley").unwrap();
    let other: Service<Line> = Service::find(&project.stack, service.id()).unwrap();
    let refused = other.predict_one(&1.0).unwrap_err();
    assert!(
        matches!(refused, ServiceError::Refused { status: 401, .. }),
        "{refused}"
    );
    std::fs::remove_file(&file).unwrap();
    let refused = other.predict_one(&1.0).unwrap_err();
    assert!(matches!(refused, ServiceError::Token { .. }), "{refused}");

    // The token is nowhere but in its file.
    let mut folders = vec![project.folder().join(".zen")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let bytes = std::fs::read(&path).unwrap();
                    let found = bytes.windows(16).any(|window| window == b"open-sesame-1234");
                    assert!(!found, "{} holds the token", path.display());
                }
            }
        }
    }
}

#[test]
fn refusals_have_the_servers_words() {
    let project = Project::new();
    let service = project
        .deploy(&Line::new(2.0), DeployConfig::named("line"))
        .unwrap();
    let refused = service
        .predict_json(&serde_json::json!(["no number"]))
        .unwrap_err();
    match refused {
        ServiceError::Refused { status, message, .. } => {
            assert_eq!(status, 400);
            assert!(
                message.contains("no number") || message.contains("invalid type"),
                "{message}"
            );
        }
        other => panic!("{other}"),
    }
    assert_eq!(
        service.predict_json(&serde_json::json!([1.0, 2.5])).unwrap(),
        serde_json::json!([2.0, 5.0])
    );
    let row = zen_core::serving::Tensor::new(
        "input",
        zen_core::serving::Datatype::Fp64,
        vec![1],
        4f64.to_le_bytes().to_vec(),
    );
    let answer = service.infer(&[row.unwrap()]).unwrap();
    assert_eq!(answer[0].values::<f64>().unwrap(), [8.0]);
    let wrong = zen_core::serving::Tensor::new("input", zen_core::serving::Datatype::Int8, vec![1], vec![1]);
    let refused = service.infer(&[wrong.unwrap()]).unwrap_err();
    assert!(
        matches!(refused, ServiceError::Refused { status: 400, .. }),
        "{refused}"
    );
}

/// The status that the server answers a prediction with.
fn status(service: &Service<Line>, authorization: &str) -> String {
    let endpoint = service.endpoint().unwrap();
    let mut stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).unwrap();
    let request = format!(
        "POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}Content-Length: 5\r\n\r\n[1.0]"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_token_may_be_in_the_environment() {
    let project = Project::new();
    let deploy = |token: Option<&str>| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_servant"));
        program
            .arg("line")
            .arg(project.stack.home().unwrap())
            .args(["2", "token"]);
        program.env_remove("ZEN_TEST_TOKEN");
        if let Some(token) = token {
            program.env("ZEN_TEST_TOKEN", token);
        }
        program.output().unwrap()
    };
    let without = deploy(None);
    let said = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(
        !without.status.success() && said.contains("`ZEN_TEST_TOKEN` is not set"),
        "{said}"
    );
    let with = deploy(Some("sesame"));
    assert!(with.status.success(), "{}", String::from_utf8_lossy(&with.stderr));
    let id = String::from_utf8(with.stdout).unwrap();
    let service: Service<Line> = Service::find(&project.stack, id.trim().parse().unwrap()).unwrap();
    assert_eq!(status(&service, "Authorization: Bearer sesame\r\n"), "200");
    for wrong in [
        "",
        "Authorization: Bearer sesam\r\n",
        "Authorization: Basic sesame\r\n",
        "Authorization: sesame\r\n",
    ] {
        assert_eq!(status(&service, wrong), "401", "{wrong}");
    }
    // This process doesn't know it.
    assert!(matches!(
        service.predict_one(&1.0),
        Err(ServiceError::Token { .. })
    ));
}

#[test]
fn connections_are_used_again() {
    let project = Project::new();
    let service = project
        .deploy(&Line::new(2.0), DeployConfig::named("line"))
        .unwrap();
    for _ in 0..200 {
        service.predict_one(&1.0).unwrap();
    }
    // Also those that have been closed of late are in the system's list.
    let port = format!(":{:04X}", service.endpoint().unwrap().port);
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let seen = table.lines().filter(|row| row.contains(&port)).count();
    assert!(seen < 50, "{seen} ends of connections for 200 predictions");
}
