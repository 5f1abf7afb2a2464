//! The runner: plans, executes, caches, records.

mod adopt;
mod arguments;
mod attempt;
mod call_hook;
mod config;
mod core;
mod error;
mod events;
mod executor;
mod failure_policy;
mod held;
mod interrupt;
mod isolation;
mod launch;
mod logs;
mod main_output;
mod orchestrator;
mod panics;
mod plan;
mod pool;
mod progress;
mod rebuild;
mod recorder;
mod resume;
mod run;
mod state;
mod tracking;
mod upload;
#[cfg(unix)]
mod worker;

pub(crate) use arguments::Arguments;
pub(crate) use call_hook::HookOutcome;
pub use config::RunConfig;
pub use error::RunError;
pub use events::{Observer, RunEvent};
pub use executor::{Cancel, Done, Executor, InProcess, ProducedOutput, StepTask, TaskResult};
pub use failure_policy::FailurePolicy;
pub(crate) use interrupt::{
    Interrupts, Signals as InterruptSignals, listen_on_runtime as listen_to_interrupts,
};
pub use launch::Launch;
pub use logs::{LogLayer, log_layer};
#[doc(hidden)]
pub use main_output::MainOutput;
pub use orchestrator::{Orchestrator, OrchestratorKind};
pub use plan::{CacheLevel, PlannedOutcome, PlannedStep, RunPlan, RunReason};
pub(crate) use pool::spawn as pool_thread;
pub(crate) use progress::is_off;
pub use progress::{LiveProgress, PlainLines};
pub use rebuild::rebuild_run;
pub use run::{Run, RunHandle};
#[cfg(unix)]
pub use worker::run_if_worker;
