//! serde's way into the encoder.

use serde::ser::{Serialize, Serializer};

use super::compound::Compound;
use super::encode_error::EncodeError;
use super::encoder::Encoder;
use super::format;
use super::sorted_map::SortedMap;

type Done = Result<(), EncodeError>;

impl<'a, 'w> Serializer for &'a mut Encoder<'w> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Compound<'a, 'w>;
    type SerializeTuple = Compound<'a, 'w>;
    type SerializeTupleStruct = Compound<'a, 'w>;
    type SerializeTupleVariant = Compound<'a, 'w>;
    type SerializeMap = SortedMap<'a, 'w>;
    type SerializeStruct = Compound<'a, 'w>;
    type SerializeStructVariant = Compound<'a, 'w>;

    fn is_human_readable(&self) -> bool {
        format::HUMAN_READABLE
    }

    fn serialize_bool(self, v: bool) -> Done {
        self.bool(v)
    }

    fn serialize_i8(self, v: i8) -> Done {
        self.signed(v.into())
    }

    fn serialize_i16(self, v: i16) -> Done {
        self.signed(v.into())
    }

    fn serialize_i32(self, v: i32) -> Done {
        self.signed(v.into())
    }

    fn serialize_i64(self, v: i64) -> Done {
        self.signed(v)
    }

    fn serialize_i128(self, v: i128) -> Done {
        match (i64::try_from(v), u128::try_from(v)) {
            (Ok(small), _) => self.signed(small),
            (_, Ok(positive)) => self.serialize_u128(positive),
            _ => self.wide(format::I128, v.to_be_bytes()),
        }
    }

    fn serialize_u8(self, v: u8) -> Done {
        self.unsigned(v.into())
    }

    fn serialize_u16(self, v: u16) -> Done {
        self.unsigned(v.into())
    }

    fn serialize_u32(self, v: u32) -> Done {
        self.unsigned(v.into())
    }

    fn serialize_u64(self, v: u64) -> Done {
        self.unsigned(v)
    }

    fn serialize_u128(self, v: u128) -> Done {
        match u64::try_from(v) {
            Ok(small) => self.unsigned(small),
            Err(_) => self.wide(format::U128, v.to_be_bytes()),
        }
    }

    #[inline]
    fn serialize_f32(self, v: f32) -> Done {
        self.float32(v);
        Ok(())
    }

    #[inline]
    fn serialize_f64(self, v: f64) -> Done {
        self.float64(v);
        Ok(())
    }

    fn serialize_char(self, v: char) -> Done {
        self.str(v.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, v: &str) -> Done {
        self.str(v)
    }

    fn serialize_bytes(self, v: &[u8]) -> Done {
        self.bytes(v)
    }

    fn serialize_none(self) -> Done {
        self.nil()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        self.enter_some()?;
        value.serialize(&mut *self)?;
        self.leave(1);
        Ok(())
    }

    fn serialize_unit(self) -> Done {
        self.nil()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Done {
        self.nil()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Done {
        self.str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        enter_variant(self, variant)?;
        value.serialize(&mut *self)?;
        self.leave(1);
        Ok(())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Compound<'a, 'w>, EncodeError> {
        match len {
            Some(len) => Compound::array(self, len, 1),
            None => Compound::array_of_unknown_length(self),
        }
    }

    fn serialize_tuple(self, len: usize) -> Result<Compound<'a, 'w>, EncodeError> {
        Compound::array(self, len, 1)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        len: usize,
    ) -> Result<Compound<'a, 'w>, EncodeError> {
        Compound::array(self, len, 1)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Compound<'a, 'w>, EncodeError> {
        enter_variant(self, variant)?;
        Compound::array(self, len, 2)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<SortedMap<'a, 'w>, EncodeError> {
        SortedMap::new(self, len)
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> Result<Compound<'a, 'w>, EncodeError> {
        Compound::record(self, len, 1)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Compound<'a, 'w>, EncodeError> {
        enter_variant(self, variant)?;
        Compound::record(self, len, 2)
    }
}

/// A variant with a payload is a map of one entry; this writes all of it but the payload.
fn enter_variant(encoder: &mut Encoder<'_>, variant: &str) -> Done {
    encoder.enter()?;
    encoder.map(1)?;
    encoder.str(variant)
}
