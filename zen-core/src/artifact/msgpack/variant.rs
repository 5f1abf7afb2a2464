//! Enum variants while they are read.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor};

use super::access::{Keys, expect_name};
use super::decode_error::DecodeError;
use super::deserializer::Decoder;
use super::head::Head;

/// A variant that was written as just its name.
#[derive(Debug)]
pub(super) struct UnitVariant<'de>(pub(super) &'de str);

impl<'de> EnumAccess<'de> for UnitVariant<'de> {
    type Error = DecodeError;
    type Variant = NoPayload;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, NoPayload), DecodeError> {
        Ok((seed.deserialize(BorrowedStrDeserializer::new(self.0))?, NoPayload))
    }
}

#[derive(Debug)]
pub(super) struct NoPayload;

impl NoPayload {
    fn error(expected: &str) -> DecodeError {
        serde::de::Error::custom(format!("expected {expected}, found a variant without a payload"))
    }
}

impl<'de> VariantAccess<'de> for NoPayload {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value, DecodeError> {
        Err(Self::error("a variant with a value"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, DecodeError> {
        Err(Self::error("a variant with an array"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, DecodeError> {
        Err(Self::error("a variant with fields"))
    }
}

/// A variant that was written as a map of one entry, whose header has been read.
#[derive(Debug)]
pub(super) struct Variant<'a, 'de>(pub(super) &'a mut Decoder<'de>);

impl<'a, 'de> EnumAccess<'de> for Variant<'a, 'de> {
    type Error = DecodeError;
    type Variant = Payload<'a, 'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Payload<'a, 'de>), DecodeError> {
        expect_name(self.0)?;
        let variant = seed.deserialize(&mut *self.0)?;
        Ok((variant, Payload(self.0)))
    }
}

#[derive(Debug)]
pub(super) struct Payload<'a, 'de>(&'a mut Decoder<'de>);

impl<'de> VariantAccess<'de> for Payload<'_, 'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Err(self
            .0
            .reader
            .error("expected a variant without a payload, found one with a payload".to_owned()))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.0.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.0.reader.head()? {
            Head::Map(len) => self.0.map(len, Keys::Names, visitor),
            other => Err(self.0.reader.mismatch("a map of the fields of a variant", other)),
        }
    }
}
