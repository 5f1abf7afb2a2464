//! MLflow, from PyPI.

use std::path::PathBuf;

use crate::server::program;

/// The `mlflow` executable, which `ZEN_TEST_MLFLOW` names; `None` when there is none, and the test is skipped.
pub fn executable() -> Option<PathBuf> {
    program("ZEN_TEST_MLFLOW")
}

/// The Python that has MLflow, onnx and onnxruntime.
pub fn python() -> Option<PathBuf> {
    Some(executable()?.with_file_name("python"))
}
