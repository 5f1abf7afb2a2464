//! The `zen` command: what zen keeps of a project, seen and steered from a terminal.
//!
//! The same commands are a part of any program: [`run`] is its whole `main`, which also makes its pipelines, services and schedules startable in
//! processes of their own.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     zen_cli::run()
//! }
//! ```
//!
//! # For programs
//!
//! With `--output json` the standard output holds one JSON value and nothing else (but `logs` gives a value a line, and `completion` a script), and the standard error, when a command fails, ends with
//! `{"error": {"kind", "message", "help"}}`. Lists have at most `--limit` entries; `next` is what `--before` takes for the page after, or null.
//! Fields are only ever added.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | the run, or what was asked to be checked, failed |
//! | 2 | the command can't be understood, or needs an answer that nobody is there to give |
//! | 3 | there is no such thing |
//! | 4 | cancelled, or answered with no |
//! | 5 | what is kept can't be used: damaged, unreadable, or of a newer zen |
//! | 6 | the project's program is missing or can't be started |
//!
//! # Layout
//!
//! `args` is what every command takes, `arguments` what is looked for before they are parsed, `commands/<noun>/<verb>` one file a command, `output` how things are shown, `find` what people may call
//! them by, `project` where they are kept. A new command is a file and a line in the list of its noun.

mod args;
mod arguments;
mod commands;
mod delegate;
mod error;
mod exit;
mod find;
mod launch;
mod output;
mod project;
mod run;

pub use exit::Exit;
#[doc(hidden)]
pub use run::run_as_zen;
pub use run::{run, run_with};
