//! What a program that defines pipelines needs: `use zen_core::prelude::*;`.
//!
//! The serde derives it brings name the crate `serde`, which therefore has to be among the program's own dependencies.

pub use serde::{Deserialize, Serialize};
pub use zen_macros::{Outputs, Row, pipeline, predictor, step};

pub use crate::artifact::{ArtifactStore, Codec, FileArtifact, FolderArtifact, Materialize};
pub use crate::client::{ArtifactView, Client, RunView, StepView};
pub use crate::deploy::{DeployConfig, model_deployer};
pub use crate::graph::{
    Artifact, CachePolicy, Handle, HookEvent, Isolation, Pipeline, Retry, StepContext, gather, latest,
    version, when,
};
pub use crate::metadata::Status;
pub use crate::metric::{
    Accuracy, BalancedAccuracy, F1, LogLoss, Mae, Mape, Metric, Mse, Precision, R2, Recall, Rmse, RocAuc,
};
pub use crate::plain;
pub use crate::runner::{FailurePolicy, Run, RunError};
pub use crate::service::{Service, ServiceState};
pub use crate::serving::{PredictError, Predictor};
pub use crate::stack::Stack;

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A result whose error is [any error](BoxError), so that `?` works on all of them in steps and in `main`.
pub type Result<T, E = BoxError> = std::result::Result<T, E>;
