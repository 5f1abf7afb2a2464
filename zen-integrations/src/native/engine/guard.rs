//! Running a model's own code.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::native::Refusal;

/// How much of a panic's message clients see, in characters.
const MESSAGE: usize = 500;

/// Runs code that may panic.
///
/// What it touched may be half done after a panic. A model is only shared (`&self`), so that only its own locks and cells could be, and
/// the standard library's locks say so themselves.
///
/// # Errors
/// [`Refusal::Model`] when it panicked.
pub(in crate::native) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| Refusal::Model(describe(&*payload)))
}

fn describe(payload: &(dyn Any + Send)) -> String {
    let message = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied());
    match message {
        Some(message) => {
            let message: String = message.chars().take(MESSAGE).collect();
            format!("the model panicked: {message}")
        }
        None => "the model panicked".to_owned(),
    }
}
