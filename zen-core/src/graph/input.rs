//! Inputs of a step call: a handle or a value.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::{Artifact, OutputRef};
use crate::artifact::{
    AnyValue, CodecInfo, Description, Digest, ErasedCodec, Materialize, codec_of, json_view,
};

/// Where a node takes an input from.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub enum InputSource {
    /// An output of another node.
    Handle(OutputRef),
    /// A value known when the graph is built.
    Value(Arc<Parameter>),
    /// A value that could not be encoded; an error of the graph.
    Broken(String),
}

/// A value known when the graph is built.
#[derive(Debug)]
pub struct Parameter {
    pub(crate) value: AnyValue,
    pub(crate) encoded: Bytes,
    pub(crate) digest: Digest,
    pub(crate) json: Value,
    pub(crate) description: Description,
    pub(crate) info: CodecInfo,
    pub(crate) codec: Arc<dyn ErasedCodec>,
}

impl Parameter {
    pub(crate) fn new<T: Materialize>(value: T) -> Result<Self, String> {
        let codec = codec_of::<T>();
        if codec.stays_in_file() {
            return Err(format!(
                "a `{}` can't be a parameter: let a step make it",
                codec.type_name()
            ));
        }
        // A type's own view may be of any length.
        let json = json_view(&value.json());
        let value: AnyValue = Arc::new(value);
        let (encoded, description) = codec.encode(&*value).map_err(|error| error.to_string())?;
        Ok(Self {
            value,
            digest: Digest::of(&encoded),
            encoded: encoded.into(),
            json,
            description,
            info: codec.info(),
            codec,
        })
    }
}

impl InputSource {
    /// A value known when the graph is built.
    pub fn value<T: Materialize>(value: T) -> Self {
        match Parameter::new(value) {
            Ok(parameter) => Self::Value(Arc::new(parameter)),
            Err(reason) => Self::Broken(reason),
        }
    }
}

/// What can be passed for a step's argument of type `T` in a pipeline: an [`Artifact<T>`] that another step makes, or a
/// value of `T`.
#[diagnostic::on_unimplemented(
    message = "a step's argument of type `{T}` can't take `{Self}`",
    label = "expected a value of type `{T}`, or the `Artifact<{T}>` that another step returned",
    note = "in a pipeline, every argument of a step takes either an artifact (a handle) of its type or a plain value of it, never a reference"
)]
pub trait IntoInput<T> {
    #[doc(hidden)]
    fn into_input(self) -> InputSource;
}

#[diagnostic::do_not_recommend]
impl<T: Materialize> IntoInput<T> for T {
    fn into_input(self) -> InputSource {
        InputSource::value(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoInput<T> for Artifact<T> {
    fn into_input(self) -> InputSource {
        InputSource::Handle(self.reference)
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoInput<T> for &Artifact<T> {
    fn into_input(self) -> InputSource {
        InputSource::Handle(self.reference)
    }
}

#[diagnostic::do_not_recommend]
impl IntoInput<String> for &str {
    fn into_input(self) -> InputSource {
        InputSource::value(self.to_owned())
    }
}
