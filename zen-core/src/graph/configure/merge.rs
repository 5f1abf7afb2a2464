//! Another value for a parameter of a step, or for parts of it.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::artifact::passed_over;
use crate::graph::{InputSource, Parameter};

type FromJson = fn(Value) -> InputSource;

/// The parameter with `given` in place of its value. Of a struct, fields that are not given stay as they are.
pub(super) fn changed(old: &Parameter, read: FromJson, given: &Value) -> Result<Arc<Parameter>, String> {
    // Only what comes back as the same bytes is all that the value is: the view says nothing of numbers that aren't finite, and the like.
    let complete = decode(read, old.json.clone()).is_ok_and(|again| again.digest == old.digest);
    if !complete {
        return whole(read, given);
    }
    let (Value::Object(fields), Value::Object(before)) = (given, &old.json) else {
        return checked(read, given);
    };
    let merged = checked(read, &Value::Object(deep(before, fields)));
    merged.or_else(|reason| {
        // An enum's variant can't be merged with another one's, and is given whole, or within a struct as a whole field.
        checked(read, &Value::Object(shallow(before, fields)))
            .or_else(|_| checked(read, given))
            .map_err(|_| reason)
    })
}

/// The value as it is given. Where fields of the old one would get lost, which serde may fill with defaults, that is refused.
fn whole(read: FromJson, given: &Value) -> Result<Arc<Parameter>, String> {
    let new = checked(read, given)?;
    if let (Value::Object(given), Value::Object(all)) = (given, &new.json)
        && let Some(left) = all.keys().find(|key| !given.contains_key(*key))
    {
        return Err(format!(
            "it can't be set in part, because its present value can't be written as JSON: give all fields (`{left}` is missing)"
        ));
    }
    Ok(new)
}

fn checked(read: FromJson, given: &Value) -> Result<Arc<Parameter>, String> {
    let new = decode(read, given.clone())?;
    if !new.json.is_null() {
        let same = |other| decode(read, other).is_ok_and(|other| other.digest == new.digest);
        passed_over(given, &new.json, &same)?;
    }
    Ok(new)
}

fn decode(read: FromJson, json: Value) -> Result<Arc<Parameter>, String> {
    match read(json) {
        InputSource::Value(parameter) => Ok(parameter),
        InputSource::Broken(reason) => Err(reason),
        InputSource::Handle(_) => Err("it is no value".into()),
    }
}

fn deep(before: &Map<String, Value>, given: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = before.clone();
    for (key, value) in given {
        let value = match (before.get(key), value) {
            (Some(Value::Object(before)), Value::Object(given)) => Value::Object(deep(before, given)),
            _ => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    merged
}

fn shallow(before: &Map<String, Value>, given: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = before.clone();
    merged.extend(given.iter().map(|(key, value)| (key.clone(), value.clone())));
    merged
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;
    use crate::graph::StepDefinition;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum Optimizer {
        Sgd { rate: f64 },
        Adam { beta: f64 },
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    struct Params {
        epochs: u32,
        rate: f64,
        optimizer: Optimizer,
        weights: BTreeMap<String, f64>,
    }

    impl Default for Params {
        fn default() -> Self {
            Self {
                epochs: 1,
                rate: 0.1,
                optimizer: Optimizer::Sgd { rate: 0.5 },
                weights: BTreeMap::new(),
            }
        }
    }

    fn set(old: &Params, given: &Value) -> Result<Params, String> {
        let definition = StepDefinition::new("s", "s", "").input::<Params>("params");
        let read = definition.inputs[0].from_json.unwrap();
        let new = changed(&Parameter::new(old.clone()).unwrap(), read, given)?;
        Ok(new.value.downcast_ref::<Params>().unwrap().clone())
    }

    #[test]
    fn fields_that_are_not_given_stay() {
        let old = Params {
            rate: 7.5,
            ..Params::default()
        };
        let new = set(&old, &json!({"epochs": 9, "weights": {"a": 1.0}})).unwrap();
        assert_eq!((new.epochs, new.rate, new.weights["a"]), (9, 7.5, 1.0));
    }

    #[test]
    fn a_variant_takes_the_place_of_another() {
        let old = Params {
            rate: 7.5,
            ..Params::default()
        };
        let new = set(&old, &json!({"optimizer": {"Adam": {"beta": 0.9}}})).unwrap();
        assert_eq!((new.optimizer, new.rate), (Optimizer::Adam { beta: 0.9 }, 7.5));
    }

    #[test]
    fn a_slip_of_the_finger_is_no_field() {
        let error = set(&Params::default(), &json!({"epcohs": 9})).unwrap_err();
        assert!(
            error.starts_with("there is no field `epcohs` (did you mean `epochs`?"),
            "{error}"
        );
        let error = set(&Params::default(), &json!({"epochs": "many"})).unwrap_err();
        assert_eq!(error, "at `epochs`: invalid type: string \"many\", expected u32");
    }

    #[test]
    fn what_json_cannot_say_is_not_lost() {
        let old = Params {
            rate: f64::NAN,
            ..Params::default()
        };
        let error = set(&old, &json!({"epochs": 9})).unwrap_err();
        assert!(error.starts_with("it can't be set in part"), "{error}");
        let whole = json!({"epochs": 9, "rate": 1.0, "optimizer": {"Sgd": {"rate": 1.0}}, "weights": {}});
        assert_eq!(set(&old, &whole).unwrap().epochs, 9);
    }
}
