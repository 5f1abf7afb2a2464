//! The `parameters` of requests, inputs and outputs: those this server knows.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// Known parameters; others are read and left out.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// Bytes of a tensor that follows the JSON.
    pub(super) binary_data_size: Option<u64>,
    /// Whether an output shall follow the JSON.
    pub(super) binary_data: Option<bool>,
    /// Whether all outputs shall.
    pub(super) binary_data_output: Option<bool>,
    /// One that would change the answer, and isn't there.
    pub(super) unsupported: Option<&'static str>,
}

/// A parameter's value.
#[derive(Clone, Copy)]
enum Value {
    Bool(bool),
    Whole(u64),
    Other,
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ParametersVisitor)
    }
}

struct ParametersVisitor;

impl<'de> Visitor<'de> for ParametersVisitor {
    type Value = Parameters;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of parameters")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
        let mut parameters = Parameters::default();
        while let Some((Name(name), value)) = map.next_entry::<Name<'_>, Value>()? {
            match (&*name, value) {
                ("binary_data_size", Value::Whole(size)) => parameters.binary_data_size = Some(size),
                ("binary_data_size", _) => {
                    return Err(A::Error::custom("`binary_data_size` must be a number of bytes"));
                }
                ("binary_data", Value::Bool(wanted)) => parameters.binary_data = Some(wanted),
                ("binary_data_output", Value::Bool(wanted)) => parameters.binary_data_output = Some(wanted),
                ("binary_data" | "binary_data_output", _) => {
                    return Err(A::Error::custom(format!("`{name}` must be true or false")));
                }
                ("classification", _) => parameters.unsupported = Some("classification"),
                ("shared_memory_region", _) => parameters.unsupported = Some("shared_memory_region"),
                _ => {}
            }
        }
        Ok(parameters)
    }
}

/// A name, borrowed where it can be.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a parameter: a text, a number, true or false")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Whole(value))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Value, E> {
        Ok(Value::Other)
    }
}
