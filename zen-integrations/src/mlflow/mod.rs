//! MLflow: runs shown in its tracking server, models published in its registry, and models behind its own server.
//!
//! Three components of a stack, all of the flavour `mlflow`: an [experiment tracker](zen_core::tracking::ExperimentTracker), a
//! [model registry](zen_core::model_registry::ModelRegistry) and a model deployer ([`deployer`]). The first two speak MLflow's REST API with a blocking client
//! of their own ([`rest`]) and need no Python; the deployer starts `mlflow models serve`.
//!
//! ```toml
//! [components.experiment_tracker.team]
//! flavor = "mlflow"
//! tracking_uri = "https://mlflow.example.com"
//! token = "{{mlflow.token}}"
//!
//! [components.model_registry.team]
//! flavor = "mlflow"
//! tracking_uri = "https://mlflow.example.com"
//! token = "{{mlflow.token}}"
//!
//! [components.model_deployer.local]
//! flavor = "mlflow"
//! ```
//!
//! # What becomes of a run
//!
//! - The run is found by its tag `zen.run_id`; a begin that is tried again finds the run of the first try.
//! - Keys of parameters, metrics and tags keep the characters that MLflow takes; others become `_`, and keys of more than 250 characters are cut. Names
//!   that would fall together by this get the beginning of their digest behind them.
//! - Metrics of elements of a fan-out (`trainer[3]`) have the element before their name: `trainer.3/loss`.
//! - Values of parameters of more than 6000 characters and of tags of more than 8000 are cut, with a mark.
//! - A batch that is delivered again, because its answer was lost, changes nothing of parameters and tags. Of values of metrics, an MLflow whose store is
//!   a database keeps one of those that are equal in key, value, time (milliseconds) and index; one that keeps runs in files keeps both.
//! - MLflow's databases hold the largest finite number in place of infinity.

mod config;
#[cfg(unix)]
pub mod deployer;
mod error;
mod model_dir;
mod registry;
pub mod rest;
mod signature;
mod tracker;

#[cfg(unix)]
pub use deployer::{Mlflow, MlflowOptions, MlflowService, deploy_uri, mlflow_deployer};
pub use error::MlflowError;
pub use model_dir::{ModelDir, ModelDirError};
pub use signature::{ColumnSpec, Fields, Signature, SignatureError};

/// The name of the flavours.
const NAME: &str = "mlflow";
