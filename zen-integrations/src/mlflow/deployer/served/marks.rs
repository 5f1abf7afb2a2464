//! Numbers that are not finite, in values of JSON, which has none: texts that nobody writes stand for them.

use serde_json::Value;
use zen_core::serving::replace_not_finite;

/// What such a text begins with.
const MARK: char = '\0';

/// Reads JSON as Python writes it.
pub(super) fn read(json: &[u8]) -> Result<Value, serde_json::Error> {
    let json = replace_not_finite(json, |word| format!("\"\\u0000{word}\""));
    serde_json::from_slice(&json)
}

/// Writes JSON as Python reads it.
pub(super) fn write(value: &Value) -> Vec<u8> {
    let mut text = value.to_string();
    for word in ["NaN", "Infinity", "-Infinity"] {
        let marked = format!("\"\\u0000{word}\"");
        if text.contains(&marked) {
            text = text.replace(&marked, word);
        }
    }
    text.into_bytes()
}

/// Writes JSON for everybody, with `null` for what is not finite.
pub(super) fn write_null(rows: &[Value]) -> Result<Vec<u8>, serde_json::Error> {
    match rows.iter().any(is_marked_within) {
        true => serde_json::to_vec(&rows.iter().cloned().map(without).collect::<Vec<_>>()),
        false => serde_json::to_vec(rows),
    }
}

/// A number as a value.
pub(super) fn of(number: f64) -> Value {
    match serde_json::Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None if number.is_nan() => Value::String(format!("{MARK}NaN")),
        None if number > 0.0 => Value::String(format!("{MARK}Infinity")),
        None => Value::String(format!("{MARK}-Infinity")),
    }
}

/// The number that a value is.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        // A model that has no number may say so.
        Value::Null => Some(f64::NAN),
        Value::String(text) => match text.strip_prefix(MARK)? {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// Whether it stands for a number that is not finite.
pub(super) fn is_marked(value: &Value) -> bool {
    value.is_string() && number(value).is_some()
}

fn is_marked_within(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().any(is_marked_within),
        Value::Object(fields) => fields.values().any(is_marked_within),
        other => is_marked(other),
    }
}

fn without(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(without).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, without(value)))
            .collect(),
        other if is_marked(&other) => Value::Null,
        other => other,
    }
}
