//! The default encoding of values: MessagePack, by way of serde.
//!
//! What the encoding adds to MessagePack, and why `rmp-serde` is not used:
//!
//! * Maps are sorted by their encoded keys, so a `HashMap` has one encoding whatever its iteration order.
//! * `Some(x)` is just `x`, but `Some(None)` and `Some(())` stay different from `None` ([`format::SOME`]).
//! * A number is only read as the kind of number it was written as: integers are not read as floats, nor `f32` as
//!   `f64`, nor the other way around.
//! * Structs are maps by field name in declaration order, and nothing else is read as a struct: adding, removing
//!   or reordering fields never makes a value be read as another field's.
//!
//! Everything in serde's data model comes back as it was, with the exceptions that serde itself makes. They concern
//! `#[serde(flatten)]`, `#[serde(untagged)]` and internally tagged enums, whose values serde keeps in a buffer of its
//! own before it knows their type:
//!
//! * `u128` and `i128` don't come out of that buffer, whatever their value: decoding is an error.
//! * An integer found in that buffer is accepted where a float is expected. So of `enum { F(f64), I(i64) }`, untagged,
//!   `I(1)` is read back as `F(1.0)`; put the integer variant first.

mod access;
mod compound;
mod decode_error;
mod deserializer;
mod encode_error;
mod encoder;
mod format;
mod head;
mod reader;
mod serializer;
mod skip;
mod sorted_map;
mod variant;

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::deserializer::Decoder;
use self::encoder::Encoder;
use super::codec::CodecError;

/// Writes a value into a sink, in pieces of some ten kilobytes where possible.
pub(crate) fn to_writer<T: Serialize + ?Sized>(value: &T, out: &mut dyn io::Write) -> Result<(), CodecError> {
    let mut encoder = Encoder::to_sink(out);
    value.serialize(&mut encoder)?;
    encoder.finish()?;
    Ok(())
}

/// The encoded value.
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut encoder = Encoder::in_memory();
    value.serialize(&mut encoder)?;
    Ok(encoder.finish()?)
}

/// Reads the one value that makes up all of `bytes`.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let mut decoder = Decoder::new(bytes);
    match T::deserialize(&mut decoder).and_then(|value| decoder.expect_end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) => Err(error.into_codec_error(decoder.position())),
    }
}

/// Encodes a value in the default encoding, that of every serialisable type that has no codec of its own.
///
/// The bytes are valid [MessagePack](https://github.com/msgpack/msgpack/blob/master/spec.md). Equal values give equal
/// bytes; in particular the entries of a map are sorted, so that the order in which a `HashMap` yields them has no
/// influence. (A `HashSet` is a sequence to serde, and stays in the order it is iterated in: prefer `BTreeSet`.)
///
/// ```
/// use zen_core::artifact::{decode_value, encode_value};
///
/// let bytes = encode_value(&(1, Some("one"), f64::INFINITY)).unwrap();
/// let back: (i32, Option<String>, f64) = decode_value(&bytes).unwrap();
/// assert_eq!(back, (1, Some("one".to_owned()), f64::INFINITY));
/// ```
///
/// # Errors
/// [`CodecError::Unsupported`] when the type's `Serialize` fails, when values are nested more than 256 levels deep, and
/// when a string, sequence or map has more than `u32::MAX` bytes or elements.
pub fn encode_value<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    to_vec(value)
}

/// Decodes a value from the default encoding, see [`encode_value`].
///
/// # Errors
/// [`CodecError::Malformed`] when the bytes are not exactly one value of this type. The text says what was expected
/// and at which byte. No bytes make it panic, exhaust the stack, or allocate out of proportion to their number.
pub fn decode_value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    from_slice(bytes)
}
