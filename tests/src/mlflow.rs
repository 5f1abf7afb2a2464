//! MLflow, from PyPI.

mod http;
mod models;
mod server;

use std::path::{Path, PathBuf};
use std::process::Command;

pub use self::models::ModelServer;
pub use self::server::{PASSWORD, Server, TOKEN, USERNAME};
use crate::server::program;

/// The `mlflow` executable, which `ZEN_TEST_MLFLOW` names; `None` when there is none, and the test is skipped.
pub fn executable() -> Option<PathBuf> {
    program("ZEN_TEST_MLFLOW")
}

/// The Python that has MLflow, onnx and onnxruntime.
pub fn python() -> Option<PathBuf> {
    Some(executable()?.with_file_name("python"))
}

/// MLflow as the leader of a process group: it starts other processes, which end with it.
fn leading(program: &Path) -> Command {
    const LEADER: &str = "import os, sys; os.setpgid(0, 0); os.execv(sys.argv[1], sys.argv[1:])";
    let mut command = Command::new(program.with_file_name("python"));
    command.args(["-c", LEADER]).arg(program);
    command
}
