//! A pipeline's arguments: recorded with every run, and read back to build the same pipeline elsewhere.

use std::any::type_name;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_json::{Map, Value};

use crate::artifact::{Digest, decode_value, encode_value, from_json, passed_over, short_json_view};

/// The arguments a pipeline was called with.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    values: Vec<(&'static str, ArgumentRecord)>,
    /// What was set for the steps beside the arguments, in the order in which it was.
    overrides: Vec<Value>,
}

/// One argument as recorded.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct ArgumentRecord {
    /// None when it would be too long.
    json: Option<Value>,
    encoded: Result<Vec<u8>, String>,
}

impl Arguments {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    #[must_use]
    pub fn with(mut self, name: &'static str, record: ArgumentRecord) -> Self {
        self.values.push((name, record));
        self
    }

    /// By name, for people. In place of a long one stands how long it is.
    pub(crate) fn json(&self) -> Value {
        let shown = |record: &ArgumentRecord| match (&record.json, &record.encoded) {
            (None, Ok(bytes)) => Value::String(format!("… ({} bytes)", bytes.len())),
            (json, _) => json.clone().unwrap_or_default(),
        };
        let entries = self
            .values
            .iter()
            .map(|(name, record)| ((*name).to_owned(), shown(record)));
        Value::Object(entries.collect::<Map<_, _>>())
    }

    /// As bytes from which [`EncodedArguments`] reads them back; an argument that can't be recorded is left out.
    pub(crate) fn encoded(&self) -> Vec<u8> {
        let entries: Vec<(String, ByteBuf)> = self
            .values
            .iter()
            .filter_map(|(name, record)| {
                Some(((*name).to_owned(), ByteBuf::from(record.encoded.clone().ok()?)))
            })
            .collect();
        let overrides = match self.overrides.as_slice() {
            [] => None,
            overrides => Some(Value::Array(overrides.to_vec()).to_string()),
        };
        let encoded = EncodedArguments {
            entries,
            overrides,
            ..EncodedArguments::default()
        };
        encode_value(&encoded).unwrap_or_default()
    }

    /// Takes note of what was set for the steps: whoever builds the pipeline again sets it too.
    pub(crate) fn overridden(&mut self, overrides: Value) {
        self.overrides.push(overrides);
    }

    /// Why the pipeline can't be built again from what is recorded.
    pub(crate) fn unrecorded(&self) -> Option<String> {
        self.values.iter().find_map(|(name, record)| {
            let reason = record.encoded.as_ref().err()?;
            Some(format!("its argument `{name}` can't be recorded: {reason}"))
        })
    }
}

/// Recorded arguments, to be read back.
#[doc(hidden)]
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct EncodedArguments {
    entries: Vec<(String, ByteBuf)>,
    /// What was set for the steps beside the arguments: a list, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overrides: Option<String>,
    /// Large ones are an object of the artifact store, and this is all that is recorded of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<Digest>,
}

impl EncodedArguments {
    /// Of a pipeline that is built from values people wrote.
    pub(crate) fn of(entries: Vec<(String, Vec<u8>)>) -> Self {
        let entries = entries
            .into_iter()
            .map(|(name, bytes)| (name, ByteBuf::from(bytes)));
        Self {
            entries: entries.collect(),
            ..Self::default()
        }
    }

    /// What was set for the steps, in the order in which it was.
    pub(crate) fn overrides(&self) -> Result<Vec<Value>, String> {
        match &self.overrides {
            None => Ok(Vec::new()),
            Some(text) => serde_json::from_str(text)
                .map_err(|error| format!("what was set for its steps can't be read: {error}")),
        }
    }

    /// What is recorded of arguments whose bytes are an object of the artifact store.
    pub(crate) fn stored(object: Digest) -> Vec<u8> {
        let stored = Self {
            object: Some(object),
            ..Self::default()
        };
        encode_value(&stored).unwrap_or_default()
    }

    /// The object that holds them, if it isn't these bytes.
    pub(crate) fn object(bytes: &[u8]) -> Option<Digest> {
        decode_value::<Self>(bytes).ok()?.object
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let arguments: Self =
            decode_value(bytes).map_err(|error| format!("the recorded arguments can't be read: {error}"))?;
        match arguments.object {
            None => Ok(arguments),
            Some(object) => Err(format!(
                "its arguments are large and so are kept as the object {object} in the artifact store: \
                 get them with `RunView::recorded_arguments`"
            )),
        }
    }
}

/// A borrowed argument. The two traits below give it a `record` method by method lookup on references: the serde one
/// is found first.
#[doc(hidden)]
#[derive(Debug)]
pub struct Argument<'a, T>(pub &'a T);

/// Records a serde value.
#[doc(hidden)]
pub trait RecordArgument {
    /// As JSON and as bytes.
    fn record(&self) -> ArgumentRecord;
}

impl<T: Serialize> RecordArgument for &Argument<'_, T> {
    fn record(&self) -> ArgumentRecord {
        let encoded = encode_value(self.0).map_err(|error| error.to_string());
        ArgumentRecord {
            json: short_json_view(self.0),
            encoded,
        }
    }
}

/// Says of any other value that it can't be recorded.
#[doc(hidden)]
pub trait RecordOther {
    /// Nothing but the reason.
    fn record(&self) -> ArgumentRecord;
}

impl<T> RecordOther for Argument<'_, T> {
    fn record(&self) -> ArgumentRecord {
        ArgumentRecord {
            json: Some(Value::Null),
            encoded: Err(format!("`{}` has no serde", type_name::<T>())),
        }
    }
}

/// The type of an argument to read back.
#[doc(hidden)]
#[derive(Debug)]
pub struct ArgumentType<T>(PhantomData<fn() -> T>);

impl<T> ArgumentType<T> {
    /// A token for the type.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

/// Reads a serde value.
#[doc(hidden)]
pub trait DecodeArgument<T> {
    /// The argument of this name.
    fn decode(&self, arguments: &EncodedArguments, name: &str) -> Result<T, String>;
}

impl<T: DeserializeOwned> DecodeArgument<T> for &ArgumentType<T> {
    fn decode(&self, arguments: &EncodedArguments, name: &str) -> Result<T, String> {
        let Some((_, bytes)) = arguments.entries.iter().find(|(known, _)| known == name) else {
            return Err(format!("no argument `{name}` was recorded"));
        };
        decode_value(bytes).map_err(|error| format!("the recorded argument `{name}` can't be read: {error}"))
    }
}

/// Says of any other type that it can't be read.
#[doc(hidden)]
pub trait DecodeOther<T> {
    /// The reason.
    fn decode(&self, arguments: &EncodedArguments, name: &str) -> Result<T, String>;
}

impl<T> DecodeOther<T> for ArgumentType<T> {
    fn decode(&self, _: &EncodedArguments, name: &str) -> Result<T, String> {
        Err(format!(
            "argument `{name}` is a `{}`, which has no serde",
            type_name::<T>()
        ))
    }
}

/// Reads a value written as JSON, and writes it as it is recorded.
#[doc(hidden)]
pub trait JsonArgument<T> {
    /// Why not, otherwise.
    fn encode_json(&self, json: &Value) -> Result<Vec<u8>, String>;
}

impl<T: Serialize + DeserializeOwned> JsonArgument<T> for &ArgumentType<T> {
    fn encode_json(&self, json: &Value) -> Result<Vec<u8>, String> {
        let read = |json: Value| -> Result<(T, Vec<u8>), String> {
            let value: T = from_json(json)?;
            let bytes = encode_value(&value).map_err(|error| error.to_string())?;
            Ok((value, bytes))
        };
        let (value, bytes) = read(json.clone())?;
        if let Some(view) = short_json_view(&value) {
            let same = |other| read(other).is_ok_and(|(_, other)| other == bytes);
            passed_over(json, &view, &same)?;
        }
        Ok(bytes)
    }
}

/// Says of any other type that it can't be given as JSON.
#[doc(hidden)]
pub trait JsonOther<T> {
    /// The reason.
    fn encode_json(&self, json: &Value) -> Result<Vec<u8>, String>;
}

impl<T> JsonOther<T> for ArgumentType<T> {
    fn encode_json(&self, _: &Value) -> Result<Vec<u8>, String> {
        Err(format!(
            "a `{}` can't be given as text, since it has no serde: run the pipeline from code",
            type_name::<T>()
        ))
    }
}
