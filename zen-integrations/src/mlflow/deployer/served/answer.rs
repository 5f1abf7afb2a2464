//! MLflow's answers.

use serde_json::{Map, Value};
use zen_core::serving::Tensor;

use super::{cells, marks};
use crate::mlflow::Fields;

/// The predictions of so many rows. MLflow gives an array of them, an array of records (of a data frame), or an object with an array for each output.
/// The values of the only output are given without its name.
pub(super) fn read(body: &[u8], rows: usize, outputs: Option<&Fields>) -> Result<Vec<Value>, String> {
    let answer = marks::read(body).map_err(|error| format!("MLflow's answer can't be read: {error}"))?;
    let Value::Object(mut answer) = answer else {
        return Err("MLflow's answer is no object".to_owned());
    };
    let predictions = answer
        .remove("predictions")
        .ok_or("MLflow's answer has no `predictions`")?;
    match predictions {
        Value::Array(records) if records.len() == rows => Ok(match only_name(outputs) {
            Some(name) => records.into_iter().map(|record| unnamed(record, &name)).collect(),
            None => records,
        }),
        Value::Object(columns) if columns.values().all(|column| is_of(column, rows)) => {
            let alone = columns.len() == 1;
            let mut records = vec![Map::new(); rows];
            for (name, column) in columns {
                let Value::Array(values) = column else { continue };
                if alone {
                    return Ok(values);
                }
                for (record, value) in records.iter_mut().zip(values) {
                    record.insert(name.clone(), value);
                }
            }
            Ok(records.into_iter().map(Value::Object).collect())
        }
        // A model that was asked about one row may answer with the prediction itself.
        other if rows == 1 && !other.is_array() => Ok(vec![other]),
        other => Err(format!(
            "the model's answer is not one prediction for each of the {rows} rows, but {}: ask `/invocations` for such answers",
            described(&other)
        )),
    }
}

fn is_of(column: &Value, rows: usize) -> bool {
    column.as_array().is_some_and(|values| values.len() == rows)
}

/// The name of the only output.
fn only_name(outputs: Option<&Fields>) -> Option<String> {
    match outputs?.specs().as_slice() {
        [only] => Some(only.name.clone()),
        _ => None,
    }
}

fn unnamed(mut record: Value, name: &str) -> Value {
    match &mut record {
        Value::Object(fields) if fields.len() == 1 && fields.contains_key(name) => fields[name].take(),
        _ => record,
    }
}

fn described(predictions: &Value) -> String {
    match predictions {
        Value::Array(values) => format!("an array of {}", values.len()),
        Value::Object(fields) => format!("an object of {}", fields.len()),
        _ => "a single value".to_owned(),
    }
}

/// The predictions as tensors: those that the model says it gives, else one for each name that there is.
pub(super) fn tensors(rows: &[Value], outputs: Option<&Fields>) -> Result<Vec<Tensor>, String> {
    let specs = outputs.map(Fields::specs).unwrap_or_default();
    if specs.is_empty() {
        return match rows.first() {
            Some(Value::Object(first)) => {
                let tensors = first
                    .keys()
                    .map(|name| cells::tensor(name, None, &column(rows, name)?));
                tensors.collect()
            }
            _ => {
                let rows: Vec<&Value> = rows.iter().collect();
                Ok(vec![cells::tensor("output", None, &rows)?])
            }
        };
    }
    let alone = specs.len() == 1;
    let tensors = specs.iter().map(|spec| match (rows.is_empty(), alone) {
        (true, _) => {
            let sizes = spec.shape.iter().enumerate().map(|(place, size)| match place {
                0 => 0,
                _ => usize::try_from(*size).unwrap_or(0),
            });
            Tensor::new(&spec.name, spec.datatype, sizes.collect(), Vec::new())
                .map_err(|error| error.to_string())
        }
        (false, true) => cells::tensor(&spec.name, Some(spec.datatype), &rows.iter().collect::<Vec<_>>()),
        (false, false) => cells::tensor(&spec.name, Some(spec.datatype), &column(rows, &spec.name)?),
    });
    tensors.collect()
}

fn column<'v>(rows: &'v [Value], name: &str) -> Result<Vec<&'v Value>, String> {
    let values = rows.iter().map(|row| row.get(name));
    let values: Option<Vec<_>> = values.collect();
    values.ok_or_else(|| format!("a prediction has no `{name}`"))
}
