//! Keeps panics of the engine inside.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs something of the engine's, which panics where it meets what it doesn't expect. Nothing that it changes is used
/// after a panic.
pub(super) fn guarded<T, E: fmt::Display>(run: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|error| short(&format!("{error:#}"))),
        Err(panic) => Err(short(&format!("the engine panicked: {}", text(&*panic)))),
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

/// One line of a bounded length: the engine's errors may hold whole tensors.
fn short(text: &str) -> String {
    const LIMIT: usize = 600;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{} ..", &line[..end]),
        None => line,
    }
}
