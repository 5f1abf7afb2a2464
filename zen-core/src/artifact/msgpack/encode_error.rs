//! Why encoding failed.

use std::fmt;
use std::io;

use rmp::encode::ValueWriteError;
use serde::ser;

use crate::artifact::codec::CodecError;

#[derive(Debug)]
pub(super) enum EncodeError {
    Io(io::Error),
    Unsupported(String),
}

impl EncodeError {
    pub(super) fn too_long(what: &str, len: usize) -> Self {
        Self::Unsupported(format!(
            "{what} of length {len} is too long for MessagePack, whose limit is {}",
            u32::MAX
        ))
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Unsupported(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for EncodeError {}

impl ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Unsupported(message.to_string())
    }
}

impl From<io::Error> for EncodeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ValueWriteError> for EncodeError {
    fn from(error: ValueWriteError) -> Self {
        Self::Io(error.into())
    }
}

impl From<EncodeError> for CodecError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Io(error) => Self::Io(error),
            EncodeError::Unsupported(text) => Self::Unsupported(text),
        }
    }
}
