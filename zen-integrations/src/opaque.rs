//! Values with a format of their own inside values that have none: a `Vec` of tables, a struct with tensors.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserializer, Serializer, de, ser};

/// Writes the bytes of a value.
pub(crate) fn serialize<S: Serializer, E: fmt::Display>(
    serializer: S,
    bytes: Result<Vec<u8>, E>,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(&bytes.map_err(ser::Error::custom)?)
}

/// Reads what [`serialize`] wrote.
pub(crate) fn deserialize<'de, D: Deserializer<'de>, T, E: fmt::Display>(
    deserializer: D,
    what: &'static str,
    value: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<T, D::Error> {
    let bytes = deserializer.deserialize_byte_buf(Bytes(what))?;
    value(&bytes).map_err(de::Error::custom)
}

struct Bytes(&'static str);

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the bytes of {}", self.0)
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Vec<u8>, A::Error> {
        let mut all = Vec::new();
        while let Some(byte) = bytes.next_element()? {
            all.push(byte);
        }
        Ok(all)
    }
}
