//! Why decoding failed, and where.

use std::fmt;

use serde::de;

use crate::artifact::codec::CodecError;

/// Boxed, so that the many results that are not errors stay small.
#[derive(Debug)]
pub(super) struct DecodeError(Box<Failure>);

#[derive(Debug)]
struct Failure {
    text: String,
    /// Errors made by a type's Deserialize don't know it.
    at: Option<usize>,
}

impl DecodeError {
    pub(super) fn at(at: usize, text: String) -> Self {
        Self(Box::new(Failure { text, at: Some(at) }))
    }

    /// `position` is used when the error doesn't say where it happened.
    pub(super) fn into_codec_error(self, position: usize) -> CodecError {
        CodecError::Malformed(format!(
            "{} (MessagePack, at byte {})",
            self.0.text,
            self.0.at.unwrap_or(position)
        ))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Box::new(Failure {
            text: message.to_string(),
            at: None,
        }))
    }
}
