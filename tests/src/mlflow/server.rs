//! MLflow's tracking server, with a database and artifacts of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::http::ask;
use crate::server::{Server as Kept, free_ports, starting};

/// Who may sign in at [`Server::with_passwords`].
pub const USERNAME: &str = "admin";
/// The password for it; nothing may show it.
pub const PASSWORD: &str = "correct-h0rse+battery/staple";
/// The token for [`Server::with_tokens`]; nothing may show it.
pub const TOKEN: &str = "t0ken-that-nothing-may-show";

/// How people sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Auth {
    None,
    Passwords,
    Tokens,
}

/// A server, or one that was and can be started again.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    port: u16,
    auth: Auth,
    server: Option<Kept>,
}

/// What a running server has is removed when it ends.
impl Drop for Server {
    fn drop(&mut self) {
        if self.server.is_none() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

impl Server {
    /// The one that all tests use which don't stop it; `None` when there is no MLflow.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// A new one, which anybody may use.
    pub fn start() -> Option<Self> {
        Self::start_as(Auth::None)
    }

    /// A new one, which [`USERNAME`] may use with [`PASSWORD`].
    pub fn with_passwords() -> Option<Self> {
        has_auth().then(|| Self::start_as(Auth::Passwords))?
    }

    /// A new one, which whoever has [`TOKEN`] may use.
    pub fn with_tokens() -> Option<Self> {
        has_auth().then(|| Self::start_as(Auth::Tokens))?
    }

    fn start_as(auth: Auth) -> Option<Self> {
        let program = super::executable()?;
        for _ in 0..5 {
            let starting = starting();
            let [port] = free_ports();
            let mut server = Self {
                // Not deleted by this process, which may die; the server's keeper does.
                folder: tempfile::tempdir().unwrap().keep(),
                port,
                auth,
                server: None,
            };
            let kept = server.command(&program);
            let ready = kept.becomes(|| server.is_ready());
            drop(starting);
            if ready {
                server.server = Some(kept);
                return Some(server);
            }
        }
        panic!("five times another process took the port of the server");
    }

    fn command(&self, program: &Path) -> Kept {
        let folder = self.folder.display();
        let mut command = super::leading(program);
        command
            .args([
                "server",
                "--host",
                "127.0.0.1",
                "--workers",
                "1",
                "--serve-artifacts",
            ])
            .args(["--port", &self.port.to_string()])
            .args(["--backend-store-uri", &format!("sqlite:///{folder}/mlflow.db")])
            .args(["--artifacts-destination", &format!("{folder}/artifacts")])
            .env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
            .env("MLFLOW_DISABLE_TELEMETRY", "true");
        if self.auth != Auth::None {
            let function = match self.auth {
                Auth::Tokens => "mlflow_bearer:authenticate",
                _ => "mlflow.server.auth:authenticate_request_basic_auth",
            };
            let settings = self.folder.join("auth.ini");
            let text = format!(
                "[mlflow]\ndefault_permission = NO_PERMISSIONS\ndatabase_uri = sqlite:///{folder}/auth.db\nauthorization_function = {function}\n"
            );
            std::fs::write(&settings, text).unwrap();
            let mut path = std::ffi::OsString::from(concat!(env!("CARGO_MANIFEST_DIR"), "/python"));
            if let Some(others) = std::env::var_os("PYTHONPATH") {
                path.push(":");
                path.push(others);
            }
            command
                .args(["--app-name", "basic-auth"])
                .env("PYTHONPATH", path)
                .env("MLFLOW_AUTH_CONFIG_PATH", settings)
                .env("MLFLOW_AUTH_ADMIN_USERNAME", USERNAME)
                .env("MLFLOW_AUTH_ADMIN_PASSWORD", PASSWORD)
                .env("MLFLOW_FLASK_SERVER_SECRET_KEY", "of no use to anybody")
                .env("ZEN_TEST_TOKEN", TOKEN);
        }
        Kept::start(&mut command, &folder.to_string(), &self.folder.join("log"))
    }

    fn is_ready(&self) -> bool {
        ask(self.port, "GET", "/health", None, "").is_ok_and(|(status, _)| status == 200)
    }

    /// Where it answers.
    pub fn uri(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port at which it answers.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder that holds the files of its artifacts.
    pub fn artifacts(&self) -> PathBuf {
        self.folder.join("artifacts")
    }

    fn authorization(&self) -> Option<String> {
        match self.auth {
            Auth::None => None,
            // `admin:correct-h0rse+battery/staple`
            Auth::Passwords => Some("Basic YWRtaW46Y29ycmVjdC1oMHJzZStiYXR0ZXJ5L3N0YXBsZQ==".to_owned()),
            Auth::Tokens => Some(format!("Bearer {TOKEN}")),
        }
    }

    fn call(&self, method: &str, path: &str, body: &str) -> Value {
        let path = format!("/api/2.0/mlflow/{path}");
        let (status, answer) = ask(self.port, method, &path, self.authorization().as_deref(), body).unwrap();
        let text = String::from_utf8_lossy(&answer);
        assert_eq!(status, 200, "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// What it answers to `runs/get?run_id=..`, say. Values are not encoded.
    pub fn get(&self, path: &str) -> Value {
        self.call("GET", path, "")
    }

    /// What it answers to a body.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, &body.to_string())
    }

    /// The content of a file of artifacts, by the path that its location names; `None` when there is none.
    pub fn artifact(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.artifacts().join(path)).ok()
    }

    /// Kills it.
    pub fn crash(&mut self) {
        self.server.take().unwrap().crash();
    }

    /// Starts it with what it had, at the same port.
    pub fn start_again(&mut self) {
        let _starting = starting();
        let kept = self.command(&super::executable().unwrap());
        assert!(kept.becomes(|| self.is_ready()), "it starts again");
        self.server = Some(kept);
    }

    /// Stops it in its tracks: connections are accepted by the system, and nobody answers.
    pub fn freeze(&self) {
        self.server.as_ref().unwrap().signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.server.as_ref().unwrap().signal("-CONT");
    }
}

/// Whether MLflow has what its authentication needs.
fn has_auth() -> bool {
    let Some(python) = super::python() else {
        return false;
    };
    let found = Command::new(python)
        .args(["-c", "import flask_wtf"])
        .output()
        .is_ok_and(|output| output.status.success());
    crate::require("Flask-WTF, which MLflow's authentication needs", found)
}
