//! What a program prints: its `tracing` events, what its workers print, and the lines that tell how its runs go on. All of it goes through
//! here, so that nothing is printed into the middle of lines that change.

mod panics;
pub(crate) mod screen;
pub(crate) mod text;

use std::io::{self, Write};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

pub(crate) use panics::redact_panics;

/// One of this program's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// Prints warnings and errors to the standard error, or whatever level `RUST_LOG` names.
pub(crate) fn printed<S: tracing::Subscriber + for<'s> LookupSpan<'s>>() -> impl Layer<S> {
    fmt::layer().with_writer(Events).with_filter(level())
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

/// Prints a line to the standard output: one that a process of ours printed.
pub(crate) fn out(line: &str) {
    screen::above(Stream::Out, &format!("{line}\n"));
}

/// Prints a line to the standard error.
pub(crate) fn err(line: &str) {
    screen::above(Stream::Err, &format!("{line}\n"));
}

/// Prints an event of a process of ours as one of this program's own would be.
pub(crate) fn event(level: tracing::Level, target: &str, step: &str, message: &str) {
    if self::level() >= level {
        err(&format!("{level:>5} {target}: {step}: {message}"));
    }
}

/// Makes a [`EventWriter`] for every event.
struct Events;

impl<'w> MakeWriter<'w> for Events {
    type Writer = EventWriter;

    fn make_writer(&'w self) -> EventWriter {
        EventWriter(Vec::new())
    }
}

/// Collects the bytes of an event, and prints them as a whole.
struct EventWriter(Vec<u8>);

impl Write for EventWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for EventWriter {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            screen::above(Stream::Err, &String::from_utf8_lossy(&self.0));
        }
    }
}
