//! The native prediction server: this program's own executable, serving a model.
//!
//! An [`Engine`] predicts, in threads of its own or, for a model that says so, in the connection's task; a [`Server`] answers
//! connections with it, in several protocols on one port: typed JSON (`/predict`), the Open Inference Protocol (`/v2`) and MLflow's
//! (`/invocations`).

mod access;
mod answer;
mod app;
mod auth;
mod body;
#[cfg(unix)]
mod deployer;
mod engine;
#[cfg(feature = "grpc")]
pub mod grpc;
mod handler;
mod memory;
mod metrics;
pub mod mlflow;
#[cfg(feature = "onnx")]
pub mod onnx;
mod options;
mod refusal;
mod routes;
mod server;
#[cfg(unix)]
mod service;
mod trace;
pub mod v2;
mod watched;

#[cfg(unix)]
pub use deployer::Native;
pub use engine::Engine;
pub use metrics::Metrics;
pub use options::{AccessLog, NativeOptions};
pub use refusal::Refusal;
pub use server::{ServeError, Server, serve};
#[cfg(unix)]
pub use service::NativeService;
#[cfg(all(unix, feature = "mlflow"))]
pub(crate) use service::server;
