//! The encodings that come with zen.

mod buffered;
mod evolution;
mod format;
mod hostile;
mod npy;
mod numpy;
mod rich;
mod round_trip;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zen_core::artifact::{CodecError, decode_value, encode_value};

/// Encodes and decodes; both must work.
fn through<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let bytes = encode_value(value).unwrap();
    decode_value(&bytes).unwrap_or_else(|error| panic!("{error}: {bytes:02x?}"))
}

/// The text of the error with which these bytes are refused.
fn refused<T: DeserializeOwned + std::fmt::Debug>(bytes: &[u8]) -> String {
    match decode_value::<T>(bytes) {
        Err(CodecError::Malformed(text)) => text,
        other => panic!("expected the bytes to be refused, got {other:?}"),
    }
}
