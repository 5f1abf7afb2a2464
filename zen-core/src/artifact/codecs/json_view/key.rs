//! Map keys: JSON only has strings.

use serde::Serialize;
use serde_json::Value;

use super::budget::Budget;
use super::serializer::ViewError;
use super::view;

/// A string as it is, anything else as its JSON text.
pub(super) fn key<T: Serialize + ?Sized>(key: &T, budget: &mut Budget) -> Result<String, ViewError> {
    Ok(match view(key, budget)? {
        Value::String(text) => text,
        other => other.to_string(),
    })
}
