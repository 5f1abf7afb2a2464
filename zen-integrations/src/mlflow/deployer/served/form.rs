//! What a row of the model's input looks like.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use zen_core::serving::{PredictError, Tensor, TensorSpec, arrange};

use super::cells::{rows_of, zero};
use super::checked::check;
use crate::mlflow::{ColumnSpec, Fields};

/// What a row of the model's input looks like: the value of the only input, or an object with a field for each of several.
#[derive(Debug)]
pub(super) enum Form {
    /// One tensor without a name.
    Unnamed(TensorSpec),
    /// Tensors by their names.
    Tensors(Vec<TensorSpec>),
    /// Columns of a data frame.
    Columns(Vec<ColumnSpec>),
    /// The model doesn't say.
    Free,
}

impl Form {
    pub(super) fn of(inputs: Option<&Fields>) -> Self {
        match inputs {
            Some(Fields::Unnamed(spec)) => Self::Unnamed(spec.clone()),
            Some(Fields::Tensors(specs)) => Self::Tensors(specs.clone()),
            Some(Fields::Columns(columns)) => Self::Columns(columns.clone()),
            None => Self::Free,
        }
    }

    pub(super) fn specs(&self) -> Vec<TensorSpec> {
        match self {
            Self::Unnamed(spec) => vec![spec.clone()],
            Self::Tensors(specs) => specs.clone(),
            Self::Columns(columns) => columns.iter().map(|column| column.spec.clone()).collect(),
            Self::Free => Vec::new(),
        }
    }

    /// The inputs' names, and whether each must be there.
    fn names(&self) -> Vec<(&str, bool)> {
        match self {
            Self::Unnamed(_) | Self::Free => Vec::new(),
            Self::Tensors(specs) => specs.iter().map(|spec| (spec.name.as_str(), true)).collect(),
            Self::Columns(columns) => {
                let names = columns
                    .iter()
                    .map(|column| (column.spec.name.as_str(), column.required));
                names.collect()
            }
        }
    }

    /// A row that came as JSON. What the values of columns must be, MLflow knows; tensors it makes of whatever comes.
    pub(super) fn row(&self, place: usize, row: Value) -> Result<Value, PredictError> {
        let row = self.named(place, row)?;
        match self {
            Self::Unnamed(spec) => check(place, &row, spec)?,
            Self::Tensors(specs) => match specs.as_slice() {
                [only] => check(place, &row, only)?,
                several => {
                    for spec in several {
                        check(place, &row[&spec.name], spec)?;
                    }
                }
            },
            Self::Columns(_) | Self::Free => {}
        }
        Ok(row)
    }

    /// A row with the model's names.
    fn named(&self, place: usize, mut row: Value) -> Result<Value, PredictError> {
        let names = self.names();
        if names.is_empty() {
            return Ok(row);
        }
        if let [(only, _)] = names.as_slice() {
            // The field of a struct that has no other is as good as its value.
            return Ok(match &mut row {
                Value::Object(fields) if fields.len() == 1 && fields.contains_key(*only) => {
                    fields[*only].take()
                }
                _ => row,
            });
        }
        let listed = || {
            let names: Vec<_> = names.iter().map(|(name, _)| format!("`{name}`")).collect();
            names.join(", ")
        };
        let Value::Object(fields) = &row else {
            return Err(PredictError::input(format!(
                "row {place} is no object with the inputs {}",
                listed()
            )));
        };
        if let Some(unknown) = fields
            .keys()
            .find(|key| names.iter().all(|(name, _)| name != key))
        {
            let unknown: String = unknown.chars().take(100).collect();
            return Err(PredictError::input(format!(
                "unexpected input `{unknown}` in row {place}; the model's inputs are {}",
                listed()
            )));
        }
        match names
            .iter()
            .find(|(name, required)| *required && !fields.contains_key(*name))
        {
            Some((missing, _)) => Err(PredictError::input(format!(
                "input `{missing}` is missing in row {place}"
            ))),
            None => Ok(row),
        }
    }

    /// The rows that tensors are.
    pub(super) fn rows_of(&self, tensors: Vec<Tensor>) -> Result<Vec<Value>, PredictError> {
        let given: Vec<TensorSpec> = match self {
            Self::Free => Vec::new(),
            Self::Columns(columns) => {
                let is_given = |column: &&ColumnSpec| {
                    column.required || tensors.iter().any(|tensor| tensor.name() == column.spec.name)
                };
                columns
                    .iter()
                    .filter(is_given)
                    .map(|column| column.spec.clone())
                    .collect()
            }
            other => other.specs(),
        };
        let tensors = match self {
            Self::Free => tensors,
            _ => arrange(tensors, &given)?,
        };
        let alone = self.names().len() <= 1 && tensors.len() == 1;
        let mut columns = Vec::with_capacity(tensors.len());
        for tensor in &tensors {
            columns.push((tensor.name(), rows_of(tensor)?));
        }
        let count = columns.first().map_or(0, |(_, rows)| rows.len());
        if let Some((name, rows)) = columns.iter().find(|(_, rows)| rows.len() != count) {
            return Err(PredictError::input(format!(
                "tensor `{name}` has {} rows, and those before it have {count}",
                rows.len()
            )));
        }
        if alone {
            return Ok(columns.pop().map(|(_, rows)| rows).unwrap_or_default());
        }
        let mut rows = vec![Map::new(); count];
        for (name, values) in columns {
            for (row, value) in rows.iter_mut().zip(values) {
                row.insert(name.to_owned(), value);
            }
        }
        Ok(rows.into_iter().map(Value::Object).collect())
    }

    /// A row of zeros, when the model says how large its parts are.
    pub(super) fn zeros(&self) -> Option<Value> {
        let specs = self.specs();
        match specs.as_slice() {
            [] => None,
            [only] => zero(only),
            several => {
                let fields = several.iter().map(|spec| Some((spec.name.clone(), zero(spec)?)));
                fields.collect::<Option<Map<_, _>>>().map(Value::Object)
            }
        }
    }
}

/// Whether all rows have the same names, or none.
pub(super) fn are_alike<'a>(rows: impl IntoIterator<Item = &'a Value>) -> bool {
    let names = |row: &'a Value| row.as_object().map(|row| row.keys().collect::<BTreeSet<_>>());
    let mut rows = rows.into_iter().map(names);
    let first = rows.next();
    rows.all(|row| Some(row) == first)
}
