//! A small blocking client of MLflow's REST API: what a tracker, a registry and a deployer need, and no more.
//!
//! The paths, fields and codes are those of MLflow's protocol definitions (`service.proto`, `model_registry.proto`, `mlflow_artifacts.proto`), as its
//! server 3.17.2 has them; those that are used are the same since MLflow 2.3, which brought aliases.

mod answer;
mod artifacts;
mod client;
mod experiments;
mod model_versions;
mod place;
mod registered_models;
mod runs;
mod tag;
mod upload;
mod uri;

pub use artifacts::Entry;
pub use client::{Auth, Client};
pub use experiments::Experiment;
pub use model_versions::{NewModelVersion, StoredVersion};
pub use place::Place;
pub use registered_models::{Alias, RegisteredModel};
pub(super) use runs::LogBatch;
pub use runs::{NewRun, Run, RunStatus};
pub use tag::Tag;
pub use uri::TrackingUri;
