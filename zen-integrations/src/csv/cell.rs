//! One value as the text of a cell.

use std::fmt::Write;

use serde::ser::{Impossible, Serialize, Serializer};

use super::error::Refused;

/// Writes a value to the text; tells the name of its type, which is empty for what says none.
#[derive(Debug)]
pub(super) struct Cell<'a>(pub(super) &'a mut String);

type Never = Impossible<&'static str, Refused>;

fn nested<T>(what: &str) -> Result<T, Refused> {
    Err(Refused(format!(
        "{what} can't stand in a cell: give each of its values a column, or keep the rows in the default format"
    )))
}

macro_rules! shown {
    ($($method:ident $type:ident $format:literal;)*) => {$(
        fn $method(self, value: $type) -> Result<&'static str, Refused> {
            // Writing to a string can't fail.
            let _ = write!(self.0, $format, value);
            Ok(stringify!($type))
        }
    )*};
}

impl Serializer for Cell<'_> {
    type Ok = &'static str;
    type Error = Refused;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    // Debugging output of floats is the shortest text that gives the same number, and short also for large ones.
    shown! {
        serialize_bool bool "{}";
        serialize_i8 i8 "{}";
        serialize_i16 i16 "{}";
        serialize_i32 i32 "{}";
        serialize_i64 i64 "{}";
        serialize_i128 i128 "{}";
        serialize_u8 u8 "{}";
        serialize_u16 u16 "{}";
        serialize_u32 u32 "{}";
        serialize_u64 u64 "{}";
        serialize_u128 u128 "{}";
        serialize_f32 f32 "{:?}";
        serialize_f64 f64 "{:?}";
        serialize_char char "{}";
    }

    fn serialize_str(self, text: &str) -> Result<&'static str, Refused> {
        self.0.push_str(text);
        Ok("text")
    }

    fn serialize_none(self) -> Result<&'static str, Refused> {
        Ok("")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<&'static str, Refused> {
        let name = value.serialize(Cell(self.0))?;
        if self.0.is_empty() {
            let text = "an optional value that is there but empty would come back as none: leave out the `Option` or the empty value";
            return Err(Refused(text.into()));
        }
        Ok(name)
    }

    fn serialize_unit(self) -> Result<&'static str, Refused> {
        Ok("")
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<&'static str, Refused> {
        Ok("")
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<&'static str, Refused> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<&'static str, Refused> {
        value.serialize(self)
    }

    fn serialize_bytes(self, _bytes: &[u8]) -> Result<&'static str, Refused> {
        nested("a list of bytes")
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<&'static str, Refused> {
        nested("an enum with a value")
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Never, Refused> {
        nested("a list")
    }

    fn serialize_tuple(self, _len: usize) -> Result<Never, Refused> {
        nested("a tuple or an array")
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Never, Refused> {
        nested("a tuple")
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Never, Refused> {
        nested("an enum with values")
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Never, Refused> {
        nested("a map")
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Never, Refused> {
        nested("a struct")
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Never, Refused> {
        nested("an enum with values")
    }
}
