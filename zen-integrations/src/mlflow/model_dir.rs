//! The folder that MLflow knows as a model.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::{Value, json};

use super::signature::{Signature, SignatureError, tensors_json};
use crate::export::ExportedOnnx;

/// The file that makes a folder a model.
const ML_MODEL: &str = "MLmodel";

/// The Python that MLflow gives a model that is to have an environment of its own.
const PYTHON: &str = "3.11";

/// What a model needs, without versions: those of the MLflow that serves it will do.
const REQUIREMENTS: [&str; 3] = ["mlflow", "onnx", "onnxruntime"];

/// A folder that MLflow knows as a model: it has a file `MLmodel`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelDir {
    path: PathBuf,
    signature: Signature,
}

/// A folder of a model can't be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelDirError {
    /// A file can't be written or read.
    #[error("the model's file {path} can't be {doing}")]
    File {
        /// `written` or `read`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file `MLmodel` is of no use.
    #[error("{path} is no model")]
    Signature {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: SignatureError,
    },
}

impl ModelDir {
    /// The files of the folder, by their names: the same for the same model, byte for byte.
    ///
    /// `conda.yaml`, `python_env.yaml` and `requirements.txt` are for those who let MLflow make an environment for the model.
    pub fn files(model: &ExportedOnnx) -> Vec<(String, Bytes)> {
        let requirements = REQUIREMENTS.map(|name| format!("{name}\n")).concat();
        let conda = format!(
            "name: mlflow-env\nchannels:\n- conda-forge\ndependencies:\n- python={PYTHON}\n- pip\n- pip:\n{}",
            REQUIREMENTS.map(|name| format!("  - {name}\n")).concat()
        );
        let python = format!(
            "python: \"{PYTHON}\"\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n"
        );
        let files = [
            (ML_MODEL, Bytes::from(ml_model(model))),
            ("conda.yaml", conda.into()),
            ("model.onnx", model.bytes().clone()),
            ("python_env.yaml", python.into()),
            ("requirements.txt", requirements.into()),
        ];
        files.map(|(name, bytes)| (name.to_owned(), bytes)).into()
    }

    /// Writes the folder, as one in `parent` that is called by the model's digest. One that is there already has the same content, and is left as it is.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(parent: &Path, model: &ExportedOnnx) -> Result<Self, ModelDirError> {
        let path = parent.join(model.digest().short());
        let signature = Signature::of_tensors(model.inputs(), model.outputs());
        let dir = Self { path, signature };
        if dir.path.join(ML_MODEL).is_file() {
            return Ok(dir);
        }
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ModelDirError::File {
                doing: "written",
                path,
                source,
            }
        };
        // Whoever finds the folder finds all of it.
        let part = parent.join(format!("{}.{}.part", model.digest().short(), std::process::id()));
        std::fs::create_dir_all(&part).map_err(failed(&part))?;
        for (name, bytes) in Self::files(model) {
            let file = part.join(name);
            std::fs::write(&file, bytes).map_err(failed(&file))?;
        }
        match std::fs::rename(&part, &dir.path) {
            // Another process wrote the same meanwhile.
            Err(_) if dir.path.join(ML_MODEL).is_file() => {
                std::fs::remove_dir_all(&part).map_err(failed(&part))?;
            }
            renamed => renamed.map_err(failed(&dir.path))?,
        }
        Ok(dir)
    }

    /// The model in this folder.
    ///
    /// # Errors
    /// When it has no file `MLmodel`, or none that can be read.
    pub fn open(path: &Path) -> Result<Self, ModelDirError> {
        let file = path.join(ML_MODEL);
        let text = std::fs::read_to_string(&file).map_err(|source| ModelDirError::File {
            doing: "read",
            path: file.clone(),
            source,
        })?;
        let signature =
            Signature::read(&text).map_err(|source| ModelDirError::Signature { path: file, source })?;
        Ok(Self {
            path: path.to_owned(),
            signature,
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the model says of its inputs and outputs.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }
}

/// What [`ml_model`] says of the flavours, for those who are told it in JSON.
pub(super) fn flavors() -> Value {
    json!({
        "onnx": { "data": "model.onnx", "providers": ["CPUExecutionProvider"] },
        "python_function": {
            "data": "model.onnx",
            "env": { "conda": "conda.yaml", "virtualenv": "python_env.yaml" },
            "loader_module": "mlflow.onnx",
        },
    })
}

fn ml_model(model: &ExportedOnnx) -> String {
    // In YAML, a text between single quotes has its own single quotes twice.
    let quoted = |json: String| format!("'{}'", json.replace('\'', "''"));
    format!(
        "flavors:\n  onnx:\n    data: model.onnx\n    providers:\n    - CPUExecutionProvider\n  python_function:\n    data: model.onnx\n    env:\n      \
         conda: conda.yaml\n      virtualenv: python_env.yaml\n    loader_module: mlflow.onnx\nsignature:\n  inputs: {}\n  outputs: {}\n  params: null\n",
        quoted(tensors_json(model.inputs())),
        quoted(tensors_json(model.outputs())),
    )
}
