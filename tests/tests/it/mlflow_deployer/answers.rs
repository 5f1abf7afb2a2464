//! What a server answers, and how it ends.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use zen_core::deploy::DeployConfig;
use zen_core::service::{ServiceError, ServiceState};
use zen_core::serving::{Datatype, Tensor};
use zen_tests::models::Line;

use super::project::{PATIENCE, Project, front, kill, members, until};

/// Status, content type and body, as `curl` has them.
fn curl(url: &str, arguments: &[&str]) -> (u16, String, String) {
    let mut command = Command::new("curl");
    command
        .args(["-sS", "-w", "\n%{http_code} %{content_type}"])
        .args(arguments)
        .arg(url);
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, last) = text.rsplit_once('\n').unwrap();
    let (status, media) = last.split_once(' ').unwrap();
    (status.parse().unwrap(), media.to_owned(), body.to_owned())
}

fn refused(result: Result<impl std::fmt::Debug, ServiceError>) -> (u16, String) {
    match result {
        Err(ServiceError::Refused { status, message, .. }) => (status, message),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn doubles(name: &str, values: &[f64]) -> Tensor {
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Tensor::new(name, Datatype::Fp64, vec![values.len()], data).unwrap()
}

#[test]
fn a_server_answers_in_all_protocols_and_ends_whole() {
    let Some(project) = Project::new() else { return };
    let file = project.folder().join("token");
    std::fs::write(&file, "open-sesame-1234").unwrap();
    let config = DeployConfig::named("line").token_file(&file);
    let service = project.deploy(&Line::new(2.0), config.clone()).unwrap();

    // Rows.
    assert_eq!(service.predict(&[1.0, 2.5]).unwrap(), [2.0, 5.0]);
    assert_eq!(service.predict(&[]).unwrap(), [0.0; 0]);
    assert_eq!(
        service.predict_json(&json!([1, -0.5])).unwrap(),
        json!([2.0, -1.0])
    );
    let (status, message) = refused(service.predict_json(&json!(["x"])));
    assert_eq!(status, 400, "{message}");
    assert!(!message.contains("Traceback"), "{message}");
    // What isn't the model's is not made into it.
    for wrong in [json!([1, null]), json!([true]), json!(["5"]), json!([[1]])] {
        let (status, message) = refused(service.predict_json(&wrong));
        assert!(status == 400 && message.contains("expects FP64"), "{message}");
    }

    // Tensors.
    let tensors = service
        .infer(&[doubles("input", &[3.0, f64::NAN, f64::INFINITY])])
        .unwrap();
    assert_eq!(tensors[0].name(), "output");
    let values = tensors[0].values::<f64>().unwrap();
    assert!(
        values[0] == 6.0 && values[1].is_nan() && values[2] == f64::INFINITY,
        "{values:?}"
    );
    assert_eq!(refused(service.infer(&[doubles("other", &[1.0])])).0, 400);

    // MLflow's own protocol.
    for payload in [
        json!({ "inputs": { "input": [1.0, 2.0] } }),
        json!({ "instances": [{ "input": 1.0 }, { "input": 2.0 }] }),
        json!({ "dataframe_split": { "columns": ["input"], "data": [[1.0], [2.0]] }, "params": {} }),
        json!({ "dataframe_records": [{ "input": 1.0 }, { "input": 2.0 }] }),
    ] {
        let answer = service.invoke(&payload).unwrap();
        let predictions = &answer["predictions"];
        let by_rows = json!([{ "output": 2.0 }, { "output": 4.0 }]);
        let by_columns = json!({ "output": [2.0, 4.0] });
        assert!(
            *predictions == by_rows || *predictions == by_columns,
            "{payload}: {answer}"
        );
    }
    let (status, message) = refused(service.invoke(&json!({ "inputs": { "wrong": [1.0] } })));
    assert_eq!(status, 400);
    assert!(message.contains("Model is missing inputs"), "{message}");
    let (status, message) = refused(service.invoke(&json!({ "inputs": { "input": [[1.0, 2.0]] } })));
    assert_eq!(status, 400);
    assert!(message.contains("shape"), "{message}");
    assert_eq!(refused(service.invoke(&json!([1.0]))).0, 400);

    // What is MLflow's comes from MLflow.
    let base = service.endpoint().unwrap().base_url();
    let token = "Authorization: Bearer open-sesame-1234";
    let path = |path: &str| format!("{base}{path}");
    assert_eq!(
        curl(&path("/version"), &["-H", token]),
        (200, "application/json".into(), "3.17.2".into())
    );
    assert_eq!(curl(&path("/ping"), &[]).0, 200);
    assert_eq!(curl(&path("/health"), &[]).2, "\n");
    assert_eq!(curl(&path("/ping"), &["-X", "POST"]).0, 405);
    let (status, media, body) = curl(&path("/openapi.json"), &["-H", token]);
    let document: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, media.as_str()), (200, "application/json"));
    assert!(document["paths"]["/invocations"].is_object());
    assert_eq!(curl(&path("/docs"), &["-H", token]).0, 200);
    let invocations = path("/invocations");
    let post = |arguments: &[&str]| curl(&invocations, &[&["-H", token], arguments].concat());
    let bad = post(&["-H", "Content-Type: application/json", "-d", "{"]);
    let error: Value = serde_json::from_str(&bad.2).unwrap();
    assert_eq!((bad.0, &error["error_code"]), (400, &json!("BAD_REQUEST")));
    assert_eq!(post(&["-H", "Content-Type: text/plain", "-d", "x"]).0, 415);
    let csv = post(&[
        "-H",
        "Content-Type: text/csv",
        "--data-binary",
        "input\n1.0\n2.0\n",
    ]);
    assert!(
        csv.0 == 400 && csv.2.contains("TensorSpec"),
        "it takes no CSV for tensors: {}",
        csv.2
    );

    // MLflow closes the connection after some bad requests; those that come after them don't mind.
    for _ in 0..30 {
        let bad = [
            "-H",
            "Authorization: Bearer open-sesame-1234",
            "-H",
            "Content-Type:",
            "-d",
            "x",
        ];
        let (status, ..) = curl(
            &format!("{}/invocations", service.endpoint().unwrap().base_url()),
            &bad,
        );
        assert_eq!(status, 500);
        assert_eq!(service.predict(&[4.0]).unwrap(), [8.0]);
    }
    // Without the token there is nothing but health.
    for (path, arguments) in [
        ("/invocations", &["-d", "{}"][..]),
        ("/version", &[]),
        ("/predict", &["-d", "[]"]),
    ] {
        assert_eq!(curl(&format!("{base}{path}"), arguments).0, 401, "{path}");
    }

    // What MLflow says is in the log.
    let log = || service.logs(false, None).unwrap().collect::<Vec<_>>().join("\n");
    assert!(log().contains("Uvicorn running on"), "{}", log());

    // The child dies.
    let session = front(&service);
    let child = |session| {
        let all = members(session);
        let found = all
            .iter()
            .find(|(_, line)| line.contains("uvicorn") && !line.contains("zen-keeper"));
        found.unwrap_or_else(|| panic!("no child in {all:?}")).0
    };
    kill(child(session));
    until("the service notices", || {
        service.status().unwrap().state == ServiceState::Error
    });
    until("all are gone", || members(session).is_empty());
    let reason = service.status().unwrap().last_error.unwrap();
    assert!(
        reason.contains("MLflow's server ended while it was needed (by signal 9)"),
        "{reason}"
    );
    assert!(service.predict_one(&1.0).is_err());

    // The front dies.
    service.start(PATIENCE).unwrap();
    assert_eq!(service.predict_one(&1.0).unwrap(), 2.0);
    let session = front(&service);
    child(session);
    kill(session);
    until("its child goes too", || members(session).is_empty());
    service.start(PATIENCE).unwrap();
    assert_eq!(service.predict_one(&1.0).unwrap(), 2.0);

    // It stops.
    let session = front(&service);
    service.stop(PATIENCE, false).unwrap();
    assert_eq!(members(session), []);
    assert!(log().contains("Application shutdown complete"), "{}", log());
}
