//! The model deployer of the flavour `mlflow`: models behind MLflow's own server.
//!
//! A deployed model is a daemon of this machine as any other: it has a URL that stays, a log, versions, and is replaced without failing a request. The
//! daemon's process is a server in front of a child, `mlflow models serve`, which predicts. `/invocations`, `/ping`, `/health`, `/version`, `/docs` and
//! `/openapi.json` are the child's, byte for byte; typed JSON (`/predict`) and the Open Inference Protocol (`/v2`) are turned into MLflow's payloads by
//! what the model says of its inputs and outputs.
//!
//! What is served is an artifact that can be written as [ONNX](crate::export), or any model that MLflow knows: [`MlflowOptions::model_uri`],
//! [`deploy_uri`]. MLflow must be installed: `pip install mlflow onnx onnxruntime`.

mod by_uri;
mod child;
mod error;
mod executable;
mod flavor;
mod front;
mod kept;
mod model_uri;
mod options;
mod output;
mod served;
mod service;
mod tracking;
mod upstream;

pub use by_uri::{deploy_uri, mlflow_deployer};
pub use error::MlflowServerError;
pub use flavor::Mlflow;
pub use model_uri::{ModelUri, ModelUris, Resolved};
pub use options::MlflowOptions;
pub use service::MlflowService;
