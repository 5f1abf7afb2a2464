//! zen: machine-learning pipelines of plain Rust functions.
//!
//! Mark functions [`#[step]`](step), wire them in a [`#[pipeline]`](pipeline), and run it: the typed graph is executed in
//! parallel, every output is stored and recorded with its lineage, and a step whose code and inputs haven't changed takes
//! its outputs from the cache.
//!
//! ```
//! use zen_core::prelude::*;
//!
//! #[step]
//! fn load() -> Vec<f64> {
//!     vec![1.0, 2.0, 4.0]
//! }
//!
//! #[step]
//! fn mean(ctx: &StepContext, values: &[f64]) -> Result<f64> {
//!     let mean = values.iter().sum::<f64>() / values.len() as f64;
//!     ctx.log_metric("mean", mean)?;
//!     Ok(mean)
//! }
//!
//! #[pipeline]
//! fn statistics() -> Artifact<f64> {
//!     mean(load())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let stack = Stack::in_memory()?;
//! let run = statistics().on(&stack).quiet().run().await?; // `statistics().run()` uses the project's stack
//! assert_eq!(*run.output().await?, 7.0 / 3.0);
//! assert_eq!(run.step("mean")?.metric("mean")?, Some(7.0 / 3.0));
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//!
//! From the ground up; a module uses what stands below it: [`secrets`], [`artifact`] (digests, codecs, the store), [`metadata`] (records and their
//! store), [`metric`], [`graph`] (handles, nodes, pipelines), [`cache`] (keys), [`stack`] (where things are kept),
//! [`client`] (asking what is kept), [`serving`] (models behind servers), [`alert`] (telling people), [`service`] (long-running processes), [`deploy`] (model
//! deployers), [`upkeep`] (removing what nobody needs, checking what is kept), [`runner`] (executing), [`schedule`]
//! (running again and again), [`testing`].

// The macros' expansions name this crate by its path, also in its own tests and examples.
extern crate self as zen_core;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod alert;
pub mod artifact;
pub mod cache;
#[cfg(unix)]
mod children;
pub mod client;
pub mod deploy;
pub mod graph;
mod home_folder;
mod ids;
mod main_fn;
pub mod metadata;
pub mod metric;
pub mod model_registry;
mod near;
pub mod prelude;
mod printing;
mod quantity;
pub mod runner;
pub mod schedule;
pub mod secrets;
pub mod service;
pub mod serving;
pub mod stack;
mod table;
pub mod testing;
mod tracked;
pub mod tracking;
pub mod upkeep;

pub use runner::log_layer;
pub use tracked::Tracked;
pub use zen_macros::{Metric, Outputs, Row, hook, main, pipeline, predictor, step, tracked};

/// In a pipeline's body, an ordinary call that is no step: `plain!(helper(3))`.
///
/// ```
/// use zen_core::prelude::*;
///
/// fn rates() -> Vec<f64> { vec![0.1, 0.2] }
///
/// #[step]
/// fn train(rate: f64) -> f64 { rate * rate }
///
/// #[pipeline]
/// fn search() -> Artifact<Vec<f64>> {
///     gather(plain!(rates()).into_iter().map(|rate| train(rate)))
/// }
/// # assert_eq!(search().graph().unwrap().nodes().len(), 3);
/// ```
#[macro_export]
macro_rules! plain {
    ($expression:expr) => {
        $expression
    };
}
