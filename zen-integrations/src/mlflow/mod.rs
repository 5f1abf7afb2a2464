//! MLflow: runs shown in its tracking server, and models published in its registry.
//!
//! Two components of a stack, both of the flavour `mlflow`: an [experiment tracker](zen_core::tracking::ExperimentTracker) and a
//! [model registry](zen_core::model_registry::ModelRegistry). Both speak MLflow's REST API with a blocking client of their own ([`rest`]); no Python is
//! needed.
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
mod error;
mod model_files;
mod registry;
pub mod rest;
mod tracker;

pub use error::MlflowError;

/// The name of the flavours.
const NAME: &str = "mlflow";
