//! What a program prints of its `tracing` events.

use std::io::{self, Write};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Prints warnings and errors to the standard error, or whatever level `RUST_LOG` names.
pub(crate) fn printed<S: tracing::Subscriber + for<'s> LookupSpan<'s>>() -> impl Layer<S> {
    fmt::layer().with_writer(std::io::stderr).with_filter(level())
}

/// For a process that only prints.
pub(crate) fn print_events() {
    let subscriber = tracing_subscriber::registry().with(printed());
    // A program may set its own before: then that one stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// The levels that are printed.
fn level() -> LevelFilter {
    std::env::var("RUST_LOG")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::WARN)
}

/// Prints a line that a process of ours printed. Nobody is there to be told when the output is closed.
pub(crate) fn out(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// See [`out`].
pub(crate) fn err(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints an event of a process of ours as one of this program's own would be.
pub(crate) fn event(level: tracing::Level, target: &str, step: &str, message: &str) {
    if self::level() >= level {
        err(&format!("{level:>5} {target}: {step}: {message}"));
    }
}
