//! What `#[zen_core::main]` runs.

use std::future::Future;
use std::process::ExitCode;

use tracing_subscriber::layer::SubscriberExt;

use crate::printing::{printed, redact_panics};
use crate::runner::{MainOutput, log_layer};

/// The first argument of a program that is to carry out a command of `zen` instead of its `main`.
#[doc(hidden)]
pub const COMMAND_ARGUMENT: &str = "--zen-cli";

/// Tells a program that is to carry out a command by which name people called `zen`. Processes that it starts don't have it.
#[doc(hidden)]
pub const CALLED_VARIABLE: &str = "ZEN_CLI_CALLED";

/// The commands of a program; the crate `zen-cli` submits them to whatever is linked with it.
#[doc(hidden)]
#[derive(Debug)]
pub struct CommandLine {
    /// Carries out what the arguments of the process say.
    pub run: fn() -> ExitCode,
}

inventory::collect!(CommandLine);

/// How a program ends that has no commands, as those who ask for them know it.
const NO_COMMANDS: u8 = 6;

/// Carries out a command when the process was started for one.
fn run_if_command() -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != COMMAND_ARGUMENT {
        return None;
    }
    Some(match inventory::iter::<CommandLine>.into_iter().next() {
        Some(commands) => (commands.run)(),
        None => {
            eprintln!(
                "error: this program has no commands of `zen`: add `zen-cli` to Cargo.toml, and `use zen_cli as _;` beside its main"
            );
            ExitCode::from(NO_COMMANDS)
        }
    })
}

/// What comes before any `main`: a process that was started as a worker, a service or for a schedule does that, and its code is to be returned.
/// Else this program's `tracing` subscriber is set, and it is known from now on that children of it find their way.
#[doc(hidden)]
pub fn begin_main() -> Option<ExitCode> {
    // First, so that it is known also in a service that this program can be started as a worker.
    #[cfg(unix)]
    {
        let child = crate::runner::run_if_worker()
            .or_else(crate::service::run_if_daemon)
            .or_else(crate::schedule::run_if_scheduled);
        if child.is_some() {
            return child;
        }
    }
    redact_panics();
    let subscriber = tracing_subscriber::registry().with(log_layer()).with(printed());
    // A program may set its own before: then that one stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
    None
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
    if let Some(code) = begin_main().or_else(run_if_command) {
        return code;
    }
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
