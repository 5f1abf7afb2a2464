//! Clients that others wrote, asked by the scripts in `tests/python`.

use std::path::PathBuf;
use std::process::Command;

use zen_core::deploy::DeployConfig;
use zen_integrations::native::onnx::OnnxModel;
use zen_tests::models::{Capitals, Pairs, Summaries, Vectors};

use super::served::{Served, Server};

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn python() -> Command {
    let mut python = Command::new(std::env::var_os("ZEN_TEST_PYTHON").unwrap_or_else(|| "python3".into()));
    python.env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

fn available(what: &str, modules: &str) -> bool {
    let found = python().args(["-c", &format!("import {modules}")]).output();
    zen_tests::require(
        &format!("{what} (in python3, or in what ZEN_TEST_PYTHON names)"),
        found.is_ok_and(|output| output.status.success()),
    )
}

fn available_triton() -> bool {
    available(
        "tritonclient[http,grpc] with NumPy",
        "tritonclient.http, tritonclient.grpc, numpy",
    )
}

/// Runs a script with the addresses of these servers, which must all be well afterwards.
fn run(script: &str, servers: &[Server]) {
    let addresses = servers
        .iter()
        .map(|server| format!("{}={}", server.name, server.address));
    let script = here().join("python").join(script);
    let output = python().arg(&script).args(addresses).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {text}", script.display());
    assert!(text.contains(" tests, 0 failed"), "{}: {text}", script.display());
    servers.iter().for_each(Server::assert_sound);
}

fn onnx(name: &str) -> OnnxModel {
    OnnxModel::from_file(here().join(format!("data/onnx/{name}.onnx"))).unwrap()
}

fn typed(served: &Served) -> Vec<Server> {
    vec![
        served.start("pairs", &Pairs),
        served.start("vector", &Vectors),
        served.start("text", &Capitals),
        served.start("several", &Summaries),
    ]
}

#[test]
fn tritonclient() {
    if !available_triton() {
        return;
    }
    let served = Served::new();
    let mut servers = typed(&served);
    servers.push(served.start("types", &onnx("types")));
    run("triton_http.py", &servers);
    run("triton_grpc.py", &servers);
}

#[test]
fn tritonclient_with_a_token() {
    if !available_triton() {
        return;
    }
    let served = Served::new();
    let token = served.folder().join("token");
    std::fs::write(&token, "secret").unwrap();
    let config = DeployConfig::named("pairs").token_file(token);
    run("locked.py", &[served.deploy(&Pairs, config)]);
}

#[test]
fn open_inference() {
    if !available("open-inference-openapi", "open_inference.openapi") {
        return;
    }
    run("oip.py", &typed(&Served::new()));
}

#[test]
fn mlflow() {
    if !available("Python", "http.client") {
        return;
    }
    let served = Served::new();
    let mut servers = typed(&served);
    servers.push(served.start("tree", &onnx("tree")));
    run("scoring.py", &servers);
}

#[test]
fn schemathesis() {
    if !available("schemathesis", "schemathesis.cli") {
        return;
    }
    let served = Served::new();
    run("conformance.py", &[served.start("pairs", &Pairs)]);
}
