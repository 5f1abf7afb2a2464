//! Columns and the rows they become.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use zen_core::serving::TensorSpec;

use super::error::quoted;

/// What a model's rows are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form<'a> {
    /// Single values: the only input has no dimension but the batch.
    Values(&'a TensorSpec),
    /// Lists: the only input has more dimensions.
    Lists(&'a TensorSpec),
    /// Objects, with a field for each of several inputs.
    Objects(&'a [TensorSpec]),
}

impl<'a> Form<'a> {
    pub(super) fn of(inputs: &'a [TensorSpec]) -> Self {
        match inputs {
            [input] if input.shape.len() <= 1 => Self::Values(input),
            [input] => Self::Lists(input),
            inputs => Self::Objects(inputs),
        }
    }
}

/// For each input, which column it is. Every column must be an input.
pub(super) fn places(columns: &[impl AsRef<str>], inputs: &[TensorSpec]) -> Result<Vec<usize>, String> {
    let mut found: HashMap<&str, usize> = HashMap::with_capacity(inputs.len());
    for (place, column) in columns.iter().enumerate() {
        let column = column.as_ref();
        if !inputs.iter().any(|input| input.name == column) {
            return Err(format!(
                "unexpected column {}; the model's inputs are {}",
                quoted(column),
                names(inputs)
            ));
        }
        if found.insert(column, place).is_some() {
            return Err(format!("the column {} is there twice", quoted(column)));
        }
    }
    let place = |input: &TensorSpec| {
        found
            .get(&*input.name)
            .copied()
            .ok_or_else(|| missing(&input.name, inputs))
    };
    inputs.iter().map(place).collect()
}

/// That an input has no column.
pub(super) fn missing(name: &str, inputs: &[TensorSpec]) -> String {
    format!(
        "the column {} is missing; the model's inputs are {}",
        quoted(name),
        names(inputs)
    )
}

/// The inputs' names, for messages.
pub(super) fn names(inputs: &[TensorSpec]) -> String {
    let names: Vec<_> = inputs.iter().map(|input| quoted(&input.name)).collect();
    names.join(", ")
}

/// Appends what stands before a row's cells: a bracket, and the comma after the row before it.
pub(super) fn next(out: &mut Vec<u8>, bracket: &[u8]) {
    match out.last() {
        None => out.push(b'['),
        Some(_) => out.push(b','),
    }
    out.extend_from_slice(bracket);
}

/// Ends the list of rows.
pub(super) fn end(mut out: Vec<u8>) -> Vec<u8> {
    if out.is_empty() {
        out.push(b'[');
    }
    out.push(b']');
    out
}

/// The names of a row's fields, each with the punctuation before it.
pub(super) fn keys(inputs: &[TensorSpec]) -> Vec<String> {
    let key = |(place, input): (usize, &TensorSpec)| {
        let comma = if place == 0 { "" } else { "," };
        // `Value` writes a text as JSON without an error to handle.
        format!("{comma}{}:", serde_json::Value::from(input.name.as_str()))
    };
    inputs.iter().enumerate().map(key).collect()
}

/// The elements of a JSON list, not read further. `what` is what messages call it.
pub(super) fn elements<'a>(list: &'a RawValue, what: &str) -> Result<Vec<&'a RawValue>, String> {
    serde_json::from_str(list.get()).map_err(|_| format!("{what} must be a list"))
}

/// A struct that stands in a JSON object.
pub(super) fn object<'a, T: Deserialize<'a>>(text: &'a str, what: &str) -> Result<T, String> {
    // A derived reader would also take a list of the fields.
    match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text).map_err(|error| format!("{what} is malformed: {error}")),
        false => Err(format!("{what} must be an object")),
    }
}
