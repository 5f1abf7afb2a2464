//! What models compute with.

use std::fmt::Display;

use zen_core::serving::Number;

use super::ExportError;

/// A number that a model computes with: `f32` or `f64`. The file computes with the same.
pub trait Real: Number + Display + Into<f64> {}

impl Real for f32 {}
impl Real for f64 {}

/// Refuses what is infinite or no number; `what` says which one it is.
pub(super) fn check_finite<T: Real>(value: T, what: impl Display) -> Result<(), ExportError> {
    match value.into().is_finite() {
        true => Ok(()),
        false => Err(ExportError::Shape(format!(
            "{what} is {value}, and no finite number"
        ))),
    }
}
