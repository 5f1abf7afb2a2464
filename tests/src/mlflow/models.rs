//! MLflow's own server of models.

use std::path::PathBuf;

use super::Server;
use super::http::ask;
use crate::server::{Server as Kept, free_ports, starting};

/// `mlflow models serve`, with the packages that are installed.
#[derive(Debug)]
pub struct ModelServer {
    port: u16,
    _kept: Kept,
}

impl ModelServer {
    /// Serves a model of this server's registry.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn start(registry: &Server, model: &str) -> Self {
        let program = super::executable().unwrap();
        // It calls a program that is beside it.
        let mut path = program.parent().map(PathBuf::from).unwrap().into_os_string();
        if let Some(others) = std::env::var_os("PATH") {
            path.push(":");
            path.push(others);
        }
        for _ in 0..5 {
            let starting = starting();
            let [port] = free_ports();
            let folder = tempfile::tempdir().unwrap().keep();
            let mut command = super::leading(&program);
            command
                .args([
                    "models",
                    "serve",
                    "--env-manager",
                    "local",
                    "--host",
                    "127.0.0.1",
                    "--workers",
                    "1",
                ])
                .args(["--port", &port.to_string(), "--model-uri", model])
                .env("MLFLOW_TRACKING_URI", registry.uri())
                .env("MLFLOW_DISABLE_TELEMETRY", "true")
                .env("PATH", &path);
            let kept = Kept::start(&mut command, &folder.display().to_string(), &folder.join("log"));
            let ready =
                kept.becomes(|| ask(port, "GET", "/ping", None, "").is_ok_and(|(status, _)| status == 200));
            drop(starting);
            if ready {
                return Self { port, _kept: kept };
            }
        }
        panic!("five times it ended: `{model}` can't be served");
    }

    /// The status and the body of its answer to `/invocations`.
    pub fn predict(&self, body: &str) -> (u16, String) {
        let (status, answer) = ask(self.port, "POST", "/invocations", None, body).unwrap();
        (status, String::from_utf8(answer).unwrap())
    }
}
