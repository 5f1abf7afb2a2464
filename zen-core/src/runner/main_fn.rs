//! What `#[zen_core::main]` runs.

use std::error::Error;
use std::future::Future;
use std::process::ExitCode;

use tracing_subscriber::layer::SubscriberExt;

use super::logs::log_layer;
use crate::graph::failure::chain;
use crate::printing::printed;

/// What `async fn main` may return.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`async fn main` can't return `{Self}`",
    note = "return nothing, an `ExitCode`, or a `Result` of one of them"
)]
pub trait MainOutput {
    /// The code the program ends with; an error is printed.
    fn exit_code(self) -> ExitCode;
}

impl MainOutput for () {
    fn exit_code(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

impl MainOutput for ExitCode {
    fn exit_code(self) -> ExitCode {
        self
    }
}

impl<T: MainOutput, E: Into<Box<dyn Error + Send + Sync>>> MainOutput for Result<T, E> {
    fn exit_code(self) -> ExitCode {
        match self {
            Ok(value) => value.exit_code(),
            Err(error) => {
                let error: Box<dyn Error + Send + Sync> = error.into();
                eprintln!("error: {}", chain(&*error));
                ExitCode::FAILURE
            }
        }
    }
}

/// Runs an asynchronous `main` on a runtime of its own, with a `tracing` subscriber that prints warnings and copies the events of steps to
/// their logs. A step's body that was given up doesn't keep the program from ending.
#[doc(hidden)]
pub fn run_main<F, Fut>(worker_threads: Option<usize>, main: F) -> ExitCode
where
    F: FnOnce() -> Fut,
    Fut: Future,
    Fut::Output: MainOutput,
{
    // First, so that it is known also in a service that this program can be started as a worker.
    #[cfg(unix)]
    if let Some(code) = super::run_if_worker() {
        return code;
    }
    #[cfg(unix)]
    if let Some(code) = crate::service::run_if_daemon() {
        return code;
    }
    let subscriber = tracing_subscriber::registry().with(log_layer()).with(printed());
    // A program may set its own before: then that one stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = worker_threads {
        builder.worker_threads(threads.max(1));
    }
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the asynchronous runtime can't be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(main());
    // A run that nobody waited for may still be shown.
    crate::printing::screen::leave();
    let code = result.exit_code();
    runtime.shutdown_background();
    code
}
