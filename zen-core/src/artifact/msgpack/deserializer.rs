//! serde's way into the reader.

use rmp::Marker;
use serde::de::{Deserializer, Visitor};

use super::access::{Elements, Entries, Keys};
use super::decode_error::DecodeError;
use super::format;
use super::head::Head;
use super::reader::Reader;
use super::skip::skip;
use super::variant::{UnitVariant, Variant};

#[derive(Debug)]
pub(super) struct Decoder<'de> {
    pub(super) reader: Reader<'de>,
    depth: usize,
}

impl<'de> Decoder<'de> {
    pub(super) fn new(input: &'de [u8]) -> Self {
        Self {
            reader: Reader::new(input),
            depth: 0,
        }
    }

    /// Where the item began that was read last.
    pub(super) fn position(&self) -> usize {
        self.reader.item()
    }

    pub(super) fn expect_end(&self) -> Result<(), DecodeError> {
        match self.reader.remaining() {
            0 => Ok(()),
            left => Err(DecodeError::at(
                self.reader.position(),
                format!("{left} bytes follow the end of the value"),
            )),
        }
    }

    /// Runs `read` one level deeper.
    pub(super) fn nested<R>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        if self.depth == format::MAX_DEPTH {
            return Err(self.reader.error(format!(
                "values are nested more than {} levels deep",
                format::MAX_DEPTH
            )));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn array<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.nested(|decoder| {
            let mut elements = Elements::new(decoder, len);
            let value = visitor.visit_seq(&mut elements)?;
            elements.expect_end()?;
            Ok(value)
        })
    }

    pub(super) fn map<V: Visitor<'de>>(
        &mut self,
        len: usize,
        keys: Keys,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.nested(|decoder| {
            let mut entries = Entries::new(decoder, len, keys);
            let value = visitor.visit_map(&mut entries)?;
            entries.expect_end()?;
            Ok(value)
        })
    }

    fn some<V: Visitor<'de>>(&mut self, end: usize, visitor: V) -> Result<V::Value, DecodeError> {
        let value = self.nested(|decoder| visitor.visit_some(decoder))?;
        if self.reader.position() == end {
            Ok(value)
        } else {
            Err(self.reader.error("half-read option".to_owned()))
        }
    }

    /// Hands over an item as what it is.
    fn visit<V: Visitor<'de>>(&mut self, head: Head<'de>, visitor: V) -> Result<V::Value, DecodeError> {
        match head {
            Head::Nil => visitor.visit_unit(),
            Head::Bool(value) => visitor.visit_bool(value),
            Head::Unsigned(value) => visitor.visit_u64(value),
            Head::Signed(value) => visitor.visit_i64(value),
            Head::Unsigned128(value) => visitor.visit_u128(value),
            Head::Signed128(value) => visitor.visit_i128(value),
            Head::Float32(value) => visitor.visit_f32(value),
            Head::Float64(value) => visitor.visit_f64(value),
            Head::Str(text) => visitor.visit_borrowed_str(text),
            Head::Bin(bytes) => visitor.visit_borrowed_bytes(bytes),
            Head::Array(len) => self.array(len, visitor),
            Head::Map(len) => self.map(len, Keys::Any, visitor),
            Head::Some { end } => self.some(end, visitor),
        }
    }

    /// Many visitors for floats also accept integers. What was written as an integer must stay one.
    fn integer<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.reader.head()? {
            head @ (Head::Unsigned(_) | Head::Signed(_) | Head::Unsigned128(_) | Head::Signed128(_)) => {
                self.visit(head, visitor)
            }
            other => Err(self.reader.mismatch("an integer", other)),
        }
    }

    /// The visitor of `String` also accepts bytes. What was written as bytes must stay bytes.
    fn text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.reader.head()? {
            head @ Head::Bin(_) => Err(self.reader.mismatch("a string", head)),
            other => self.visit(other, visitor),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = DecodeError;

    fn is_human_readable(&self) -> bool {
        format::HUMAN_READABLE
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let head = self.reader.head()?;
        self.visit(head, visitor)
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.reader.head()? {
            Head::Float32(value) => visitor.visit_f32(value),
            other => Err(self.reader.mismatch("a 32-bit float", other)),
        }
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let value = self.reader.float64()?;
        visitor.visit_f64(value)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.reader.peek() == Some(Marker::Null) {
            self.reader.head()?;
            return visitor.visit_none();
        }
        if self.reader.peeks_extension() {
            let start = self.reader.clone();
            if let Head::Some { end } = self.reader.head()? {
                return self.some(end, visitor);
            }
            self.reader = start;
        }
        self.nested(|decoder| visitor.visit_some(decoder))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    /// The visitors that serde derives for structs also accept arrays, by position. That is never right here.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.reader.head()? {
            Head::Map(len) => self.map(len, Keys::Names, visitor),
            other => Err(self
                .reader
                .mismatch(&format!("a map of the fields of {name}"), other)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.reader.head()? {
            Head::Str(variant) => visitor.visit_enum(UnitVariant(variant)),
            Head::Map(1) => self.nested(|decoder| visitor.visit_enum(Variant(decoder))),
            other => {
                let expected = format!("a variant of {name}: a string, or a map of one entry");
                Err(self.reader.mismatch(&expected, other))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        skip(&mut self.reader)?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool char bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier
    }
}
