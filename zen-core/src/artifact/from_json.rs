//! Values that people wrote as JSON, on a command line or in a configuration file.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::near::choices;

/// Reads a value; the error says where in it the fault is.
pub(crate) fn from_json<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        match path.as_str() {
            "." => error.inner().to_string(),
            _ => format!("at `{path}`: {}", error.inner()),
        }
    })
}

/// Why a value that was read isn't what was written: it holds a key that serde passed over, which is mostly a slip of the finger.
///
/// `view` shows what was read; `same` says whether a value is read as the same one. Both are asked, since a field may be shown by another
/// name than it was written by.
pub(crate) fn passed_over(given: &Value, view: &Value, same: &dyn Fn(Value) -> bool) -> Result<(), String> {
    let mut paths = Vec::new();
    missing(given, view, &mut Vec::new(), &mut paths);
    for path in paths {
        let mut without = given.clone();
        let Some((key, tables)) = path.split_last() else {
            continue;
        };
        let (mut table, mut shown) = (&mut without, view);
        for step in tables {
            let (Some(inner), Some(seen)) = (table.get_mut(step), shown.get(step)) else {
                return Ok(());
            };
            (table, shown) = (inner, seen);
        }
        if let Some(table) = table.as_object_mut() {
            table.remove(key);
        }
        if same(without) {
            let known: Vec<&str> = shown
                .as_object()
                .map(|shown| shown.keys().map(String::as_str).collect())
                .unwrap_or_default();
            return Err(format!(
                "there is no field `{}` ({})",
                path.join("."),
                choices(key, &known)
            ));
        }
    }
    Ok(())
}

/// The paths of keys that are given and not shown.
fn missing(given: &Value, view: &Value, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let (Value::Object(given), Value::Object(view)) = (given, view) else {
        return;
    };
    for (key, value) in given {
        path.push(key.clone());
        match view.get(key) {
            Some(shown) => missing(value, shown, path, paths),
            // What is nothing need not be shown.
            None if value.is_null() => {}
            None => paths.push(path.clone()),
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Layer {
        size: u32,
        #[serde(default, alias = "rate")]
        dropout: f64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Net {
        layer: Layer,
    }

    fn read(given: Value) -> Result<Net, String> {
        let net: Net = from_json(given.clone())?;
        let same = |other| from_json::<Net>(other).is_ok_and(|other| other == net);
        passed_over(&given, &json!(net), &same)?;
        Ok(net)
    }

    #[test]
    fn faults_have_a_path() {
        assert_eq!(
            read(json!({"layer": {"size": "x"}})).unwrap_err(),
            "at `layer.size`: invalid type: string \"x\", expected u32"
        );
        assert!(
            from_json::<u8>(json!("x"))
                .unwrap_err()
                .starts_with("invalid type")
        );
    }

    #[test]
    fn keys_that_serde_passes_over_are_refused() {
        assert_eq!(
            read(json!({"layer": {"size": 1, "dropuot": 0.5}})).unwrap_err(),
            "there is no field `layer.dropuot` (did you mean `dropout`? there is: dropout, size)"
        );
        assert_eq!(
            read(json!({"layer": {"size": 1, "rate": 0.5}}))
                .unwrap()
                .layer
                .dropout,
            0.5
        );
        assert!(read(json!({"layer": {"size": 1, "dropout": 0.5}})).is_ok());
    }
}
