//! What each route answers.

use serde_json::json;

use super::host::{Host, options};
use super::models::{Line, Quick};

#[test]
fn typed_rows_are_predicted_on_one_connection_again_and_again() {
    let host = Host::start(Line, options());
    let mut wire = host.open();
    for round in 0..3 {
        let answer = wire.post("/predict", "[1, 2.5]");
        assert_eq!(
            (answer.status, answer.text()),
            (200, "[3.0,6.0]"),
            "round {round}"
        );
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(!answer.closes());
    }
    assert_eq!(
        wire.ask("POST", "/predict", &[], b"[0]").text(),
        "[1.0]",
        "no content type is JSON"
    );
    let charset = [("Content-Type", "application/json; charset=utf-8")];
    assert_eq!(wire.ask("POST", "/predict", &charset, b"[0]").text(), "[1.0]");
    assert_eq!(wire.post("/predict", "[]").text(), "[]", "no rows");
    let inline = Host::start(Quick, options());
    let mut wire = inline.open();
    assert_eq!(wire.post("/predict", "[1, 2.5]").text(), "[3.0,6.0]");
    assert_eq!(wire.post("/predict", "[]").text(), "[]", "no rows");
}

#[test]
fn a_large_body_is_predicted() {
    let host = Host::start(Line, options());
    let rows: Vec<f64> = (0..100_000).map(f64::from).collect();
    let answer = host
        .open()
        .post("/predict", &serde_json::to_string(&rows).unwrap());
    let expected: Vec<f64> = rows.iter().map(|x| 2.0 * x + 1.0).collect();
    assert_eq!(answer.json(), json!(expected));
}

#[test]
fn chunked_bodies_are_read() {
    let host = Host::start(Line, options());
    let mut wire = host.open();
    wire.raw("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n");
    wire.raw("3\r\n,2]\r\n0\r\n\r\n");
    assert_eq!(wire.answer().unwrap().text(), "[3.0,5.0]");
    assert_eq!(wire.post("/predict", "[0]").text(), "[1.0]");
}

#[test]
fn tensors_are_predicted_with_and_without_a_version() {
    let host = Host::start(Line, options());
    let mut wire = host.open();
    let tensor = json!({ "name": "input", "shape": [2], "datatype": "FP64", "data": [1.0, 2.0] });
    let request = json!({ "id": "a", "inputs": [tensor] }).to_string();
    for path in [
        "/v2/models/model/infer",
        "/v2/models/model/versions/1/infer",
        "/v2/models/%6dodel/infer",
    ] {
        let answer = wire.post(path, &request);
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        assert_eq!(
            (&answer["id"], &answer["model_name"]),
            (&json!("a"), &json!("model"))
        );
        assert_eq!(answer["outputs"][0]["data"], json!([3.0, 5.0]));
    }
    let headerless = wire.ask("POST", "/v2/models/model/infer", &[], request.as_bytes());
    assert_eq!(headerless.status, 200);
}

#[test]
fn mlflows_rows_are_predicted() {
    let host = Host::start(Line, options());
    let answer = host.open().post("/invocations", r#"{"instances": [1, 2]}"#);
    assert_eq!(answer.json(), json!({ "predictions": [3.0, 5.0] }));
}

#[test]
fn health_and_documents() {
    let host = Host::start(Line, options());
    let mut wire = host.open();
    assert_eq!(wire.get("/v2/health/live").json(), json!({ "live": true }));
    assert_eq!(wire.get("/v2/health/ready").json(), json!({ "ready": true }));
    assert_eq!(
        wire.get("/v2/models/model/ready").json(),
        json!({ "name": "model", "ready": true })
    );
    assert_eq!(wire.get("/v2/models/model/versions/1/ready").status, 200);
    assert_eq!(wire.get("/v2/models").json(), json!({ "models": ["model"] }));
    let metadata = wire.get("/v2/models/model").json();
    assert_eq!(
        (&metadata["name"], &metadata["versions"]),
        (&json!("model"), &json!(["1"]))
    );
    assert_eq!(wire.get("/v2/models/model/versions/1").json(), metadata);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(wire.get("/v2").json()["version"], json!(version));
    assert_eq!(wire.get("/version").text(), version);
    assert_eq!((wire.get("/ping").status, wire.get("/health").status), (200, 200));
    let root = wire.get("/").json();
    assert_eq!((&root["name"], &root["version"]), (&json!("model"), &json!("1")));
    let routes = root["routes"].as_array().unwrap();
    assert!(
        routes.iter().any(|route| route["path"] == json!("/predict")),
        "{root}"
    );
    for body in ["", "{}", r#"{"ready": true}"#] {
        let index = wire.ask("POST", "/v2/repository/index", &[], body.as_bytes());
        let expected = json!([{ "name": "model", "version": "1", "state": "READY", "reason": "" }]);
        assert_eq!(index.json(), expected);
    }
    assert_eq!(wire.ask("POST", "/v2/repository/index", &[], b"[1]").status, 400);
}

#[test]
fn the_openapi_document_names_every_route_that_the_root_lists() {
    let host = Host::start(Line, options());
    let mut wire = host.open();
    let document = wire.get("/openapi.json").json();
    assert_eq!(document["openapi"], json!("3.1.0"));
    for route in wire.get("/").json()["routes"].as_array().unwrap() {
        let method = route["method"].as_str().unwrap().to_lowercase();
        let operation = &document["paths"][route["path"].as_str().unwrap()][method];
        assert!(operation["responses"]["200"].is_object(), "{route}");
    }
    let row = &document["components"]["schemas"]["Rows"]["items"];
    assert_eq!(row["anyOf"][0], json!({ "type": "number" }));
}

#[test]
fn every_error_is_told_in_the_words_of_its_protocol() {
    let host = Host::start(Line, options());
    let ask = |method: &str, path: &str, kind: &str, body: &str| {
        host.open()
            .ask(method, path, &[("Content-Type", kind)], body.as_bytes())
    };
    let json = "application/json";
    for (method, path, kind, body, status) in [
        ("POST", "/predict", json, "[1", 400),
        ("POST", "/predict", json, r#"["a"]"#, 400),
        ("POST", "/predict", "text/csv", "1", 415),
        ("POST", "/v2/models/model/infer", json, "{}", 400),
        ("POST", "/v2/models/model/infer", "text/csv", "{}", 415),
        ("POST", "/v2/models/other/infer", json, "{}", 404),
        ("POST", "/v2/models/model/versions/2/infer", json, "{}", 404),
        ("POST", "/v2/models/%ff/infer", json, "{}", 404),
        ("POST", "/v2/models/%zz/infer", json, "{}", 404),
        ("GET", "/v2/models//ready", json, "", 404),
        ("GET", "/v2/models/model/versions/", json, "", 404),
        ("GET", "/v2/models/model/nothing", json, "", 404),
        ("GET", "/v2/nothing", json, "", 404),
        ("GET", "/nothing", json, "", 404),
        ("POST", "/nothing", json, "[1]", 404),
        ("POST", "/v2/repository/models/model/load", json, "{}", 400),
        ("POST", "/v2/repository/models/model/unload", json, "{}", 400),
    ] {
        let answer = ask(method, path, kind, body);
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert!(!answer.error().is_empty());
        assert_eq!(answer.header("content-type"), Some(json));
    }
    for (method, path, allowed) in [
        ("GET", "/predict", "POST"),
        ("GET", "/v2/models/model/infer", "POST"),
        ("POST", "/v2/models/model", "GET, HEAD"),
        ("POST", "/metrics", "GET, HEAD"),
        ("DELETE", "/", "GET, HEAD"),
    ] {
        let answer = ask(method, path, json, "");
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allowed)),
            "{method} {path}"
        );
        assert!(answer.error().contains(method));
    }
    for (method, kind, body, status) in [
        ("POST", json, "{", 400),
        ("POST", "text/html", "{}", 415),
        ("GET", json, "", 405),
    ] {
        let answer = ask(method, "/invocations", kind, body);
        assert_eq!(answer.status, status, "{answer:?}");
        let error = answer.json();
        assert!(
            error["error_code"].is_string() && error["message"].is_string(),
            "{error}"
        );
    }
}

#[test]
fn compressed_bodies_are_refused() {
    let host = Host::start(Line, options());
    let answer = host
        .open()
        .ask("POST", "/predict", &[("Content-Encoding", "gzip")], b"[1]");
    assert_eq!(answer.status, 415);
    assert!(answer.error().contains("gzip"));
}

#[test]
fn metrics_count_what_was_answered() {
    let host = Host::start(Line, options());
    let mut wire = host.open();
    wire.post("/predict", "[1, 2, 3]");
    wire.post("/predict", "[4]");
    wire.post("/predict", "nonsense");
    wire.get("/ping");
    let answer = wire.get("/metrics");
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    let text = answer.text();
    let value = |name: &str, labels: &[&str]| -> Option<f64> {
        let mut lines = text.lines().filter(|line| line.starts_with(&format!("{name}{{")));
        let line = lines.find(|line| labels.iter().all(|label| line.contains(label)))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    let both = ["model=\"model\"", "version=\"1\""];
    let good = ["protocol=\"predict\"", "code=\"200\"", both[0], both[1]];
    assert_eq!(value("zen_requests_total", &good), Some(2.0), "{text}");
    assert_eq!(
        value("zen_requests_total", &["protocol=\"predict\"", "code=\"400\""]),
        Some(1.0)
    );
    assert_eq!(
        value("zen_requests_total", &["protocol=\"http\"", "code=\"200\""]),
        Some(1.0)
    );
    assert_eq!(
        value("zen_request_duration_seconds_count", &["protocol=\"predict\""]),
        Some(3.0)
    );
    assert_eq!(value("zen_batch_rows_count", &both), Some(2.0));
    assert_eq!(value("zen_batch_rows_sum", &both), Some(4.0));
    assert_eq!(value("zen_queue_duration_seconds_count", &both), Some(2.0));
    assert_eq!(value("zen_requests_in_flight", &both), Some(1.0), "this one");
    assert_eq!(value("zen_connections", &both), Some(1.0));
}
