//! Arrays and maps while they are read.

use rmp::Marker;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::decode_error::DecodeError;
use super::deserializer::Decoder;

/// The elements of an array.
#[derive(Debug)]
pub(super) struct Elements<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    left: usize,
    len: usize,
}

impl<'a, 'de> Elements<'a, 'de> {
    pub(super) fn new(decoder: &'a mut Decoder<'de>, len: usize) -> Self {
        Self {
            decoder,
            left: len,
            len,
        }
    }

    /// A tuple takes as many elements as it has, and would otherwise not miss the others.
    pub(super) fn expect_end(&self) -> Result<(), DecodeError> {
        if self.left == 0 {
            return Ok(());
        }
        let (taken, len) = (self.len - self.left, self.len);
        Err(self
            .decoder
            .reader
            .error(format!("expected an array of {taken}, found one of {len}")))
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    /// Never more than the bytes that are left: the reader refuses such lengths.
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// What the keys of a map may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    Any,
    /// Names of fields or variants. What serde derives would also accept numbers, as positions.
    Names,
}

/// The entries of a map.
#[derive(Debug)]
pub(super) struct Entries<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    left: usize,
    keys: Keys,
}

impl<'a, 'de> Entries<'a, 'de> {
    pub(super) fn new(decoder: &'a mut Decoder<'de>, len: usize, keys: Keys) -> Self {
        Self {
            decoder,
            left: len,
            keys,
        }
    }

    pub(super) fn expect_end(&self) -> Result<(), DecodeError> {
        match self.left {
            0 => Ok(()),
            left => Err(self
                .decoder
                .reader
                .error(format!("a map has {left} more entries than expected"))),
        }
    }
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if self.keys == Keys::Names {
            expect_name(self.decoder)?;
        }
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        seed.deserialize(&mut *self.decoder)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// Checks that the next item, which is not read, is a string.
pub(super) fn expect_name(decoder: &mut Decoder<'_>) -> Result<(), DecodeError> {
    match decoder.reader.peek() {
        Some(Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32) => Ok(()),
        _ => {
            let head = decoder.reader.head()?;
            Err(decoder
                .reader
                .mismatch("a string, the name of a field or variant", head))
        }
    }
}
