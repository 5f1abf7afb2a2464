//! What goes wrong when models are deployed with MLflow.

use std::path::PathBuf;
use std::time::Duration;

use zen_core::service::TokenError;

use crate::mlflow::{MlflowError, ModelDirError};

/// How MLflow is had.
const INSTALL: &str = "install it with `pip install mlflow onnx onnxruntime`";

/// Why a model can't be deployed with MLflow.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MlflowServerError {
    /// There is no executable.
    #[error(
        "MLflow's executable `{executable}` was not found{looked}: {INSTALL}, or say where it is with {setting}"
    )]
    Missing {
        /// What it is called.
        executable: String,
        /// Where it was looked for.
        looked: String,
        /// The setting that says where it is.
        setting: String,
    },
    /// The file can't be executed.
    #[error(
        "MLflow's executable {path} can't be executed ({reason}): {INSTALL}, or name another one with {setting}"
    )]
    NotExecutable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
        /// The setting that names it.
        setting: String,
    },
    /// It is there and doesn't work.
    #[error(
        "MLflow's executable {path} doesn't work: `{command}` {reason}. Repair its installation ({INSTALL}), or name another one with {setting}"
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// What was called.
        command: String,
        /// What came of it.
        reason: String,
        /// The setting that names it.
        setting: String,
    },
    /// A URI is none of a model.
    #[error("`{uri}` is no model of MLflow: {reason}")]
    Uri {
        /// The URI.
        uri: String,
        /// Why not.
        reason: String,
    },
    /// The tracking server can't be asked.
    #[error("the model `{uri}` can't be looked up at the tracking server {server}")]
    Lookup {
        /// The model.
        uri: String,
        /// The server.
        server: String,
        /// Why not.
        #[source]
        source: Box<MlflowError>,
    },
    /// The tracking server doesn't know it.
    #[error(
        "the tracking server {server} knows no model `{uri}`: `Stack::model_registry` or MLflow's pages show which there are"
    )]
    Unknown {
        /// The model.
        uri: String,
        /// The server.
        server: String,
    },
    /// A credential of the tracking server can't be had.
    #[error("MLflow's tracking server: its {what} can't be had")]
    Credential {
        /// `token`, `username` or `password`.
        what: &'static str,
        /// Why not.
        source: TokenError,
    },
    /// A setting can't be used.
    #[error("{setting}: {reason}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Why not.
        reason: String,
    },
    /// The server that is to serve the model ended before it was ready.
    #[error("MLflow's server ended before it was ready ({how}){}", said(.output))]
    Ended {
        /// How it ended.
        how: String,
        /// The last lines of its output.
        output: Vec<String>,
    },
    /// The server ended while it served.
    #[error("MLflow's server ended while it was needed ({how}); what it said last is in the log")]
    Died {
        /// How it ended.
        how: String,
    },
    /// The model can't be fetched.
    #[error("the model `{uri}` can't be fetched ({how}){}", said(.output))]
    Fetch {
        /// The model.
        uri: String,
        /// How the command ended.
        how: String,
        /// The last lines of its output.
        output: Vec<String>,
    },
    /// The server did not answer in time.
    #[error("MLflow's server did not answer within {0:?}")]
    Silent(Duration),
    /// The server could not be reached.
    #[error("MLflow's server could not be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A process can't be started or waited for.
    #[error("{what} failed")]
    Process {
        /// What was being done.
        what: &'static str,
        /// The cause.
        source: std::io::Error,
    },
    /// The model's folder can't be written or read.
    #[error(transparent)]
    ModelDir(#[from] ModelDirError),
}

fn said(output: &[String]) -> String {
    match output.is_empty() {
        true => String::new(),
        false => format!("; it said:\n  {}{}", output.join("\n  "), hint(output)),
    }
}

/// What to do about something that is missing in MLflow's Python.
fn hint(output: &[String]) -> String {
    match output.iter().any(|line| line.contains("No module named")) {
        true => format!("\nIts Python lacks a package that the model needs: {INSTALL}"),
        false => String::new(),
    }
}
