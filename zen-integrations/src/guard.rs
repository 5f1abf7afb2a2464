//! Keeps panics of other crates inside.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs something of another crate's, `name`, which panics where it meets what it doesn't expect. Nothing that it changes is
/// used after a panic.
pub(crate) fn guarded<T, E: fmt::Display>(
    name: &str,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|error| short(&format!("{error:#}"))),
        Err(panic) => Err(short(&format!("{name} panicked: {}", text(&*panic)))),
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

/// One line of a bounded length: such errors may hold whole tensors or pages.
fn short(text: &str) -> String {
    const LIMIT: usize = 600;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{} ..", &line[..end]),
        None => line,
    }
}
