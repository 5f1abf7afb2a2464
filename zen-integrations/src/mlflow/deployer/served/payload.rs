//! MLflow's payloads.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::marks;

/// The payload of these rows, of which there is one or more.
pub(super) fn write(form: &Form, rows: &[&Value]) -> Vec<u8> {
    let list = || rows.iter().map(|row| (*row).clone()).collect::<Value>();
    let payload = match form {
        Form::Unnamed(_) => json!({ "inputs": list() }),
        Form::Tensors(specs) => match specs.as_slice() {
            [only] => json!({ "inputs": { only.name.as_str(): list() } }),
            several => json!({ "inputs": columns(several.iter().map(|spec| spec.name.as_str()), rows) }),
        },
        Form::Columns(specs) => {
            let alone = specs.len() == 1;
            // A column that no row has is none.
            let is_there = |name: &str| alone || rows.iter().any(|row| row.get(name).is_some());
            let names = specs.iter().map(|column| column.spec.name.as_str());
            let names: Vec<&str> = names.filter(|name| is_there(name)).collect();
            let data = rows.iter().map(|row| match alone {
                true => Value::Array(vec![(*row).clone()]),
                false => names.iter().map(|name| field(row, name)).collect(),
            });
            json!({ "dataframe_split": { "columns": names, "data": data.collect::<Value>() } })
        }
        Form::Free => match rows.first().and_then(|row| row.as_object()) {
            None => json!({ "inputs": list() }),
            Some(first) if first.values().any(Value::is_array) => {
                json!({ "inputs": columns(first.keys().map(String::as_str), rows) })
            }
            Some(_) => json!({ "dataframe_records": list() }),
        },
    };
    marks::write(&payload)
}

/// A list of values for each name.
fn columns<'a>(names: impl Iterator<Item = &'a str>, rows: &[&Value]) -> Value {
    let columns = names.map(|name| {
        let values = rows.iter().map(|row| field(row, name));
        (name.to_owned(), values.collect::<Value>())
    });
    Value::Object(columns.collect::<Map<_, _>>())
}

fn field(row: &Value, name: &str) -> Value {
    row.get(name).cloned().unwrap_or_default()
}
