//! Telling people how a run goes on: live lines on a terminal, plain ones everywhere else.

mod durations;
mod lines;
mod live;
mod model;
mod plain;
mod style;

use std::io::IsTerminal;
use std::sync::Arc;

use super::events::Observer;

pub use live::LiveProgress;
pub use plain::PlainLines;

/// The variable that says how runs tell of their progress: `off` (or `0`, `false`), `plain` or `live`.
const VARIABLE: &str = "ZEN_PROGRESS";

/// Whether the environment asks for silence.
pub(crate) fn is_off() -> bool {
    let asked = std::env::var(VARIABLE);
    asked.is_ok_and(|asked| matches!(asked.as_str(), "off" | "0" | "false"))
}

/// What the environment asks for.
pub(super) fn of_environment() -> Option<Arc<dyn Observer>> {
    let asked = std::env::var(VARIABLE).unwrap_or_default();
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_off() {
        return None;
    }
    let live = match asked.as_str() {
        "plain" => false,
        "live" => true,
        _ => !set("CI"),
    };
    if live && cfg!(unix) && can_draw() {
        Some(Arc::new(LiveProgress::default()))
    } else {
        Some(Arc::new(PlainLines::default()))
    }
}

/// Whether standard error is a terminal on which lines can be replaced.
fn can_draw() -> bool {
    let able = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    able && std::io::stderr().is_terminal()
}
