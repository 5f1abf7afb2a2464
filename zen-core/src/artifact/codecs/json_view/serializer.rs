//! serde's way into a JSON value, with a budget.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};
use serde_json::{Map, Number, Value};

use super::budget::Budget;
use super::compound::{Array, Object};
use super::view;

/// Why a value is not shown.
#[derive(Debug)]
pub(super) enum ViewError {
    /// The budget is used up: nothing is shown at all.
    TooLarge,
    /// This value can't be shown; those around it can.
    NotShown,
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is not shown")
    }
}

impl std::error::Error for ViewError {}

impl ser::Error for ViewError {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::NotShown
    }
}

#[derive(Debug)]
pub(super) struct ViewSerializer<'b>(pub(super) &'b mut Budget);

type Shown = Result<Value, ViewError>;

impl<'b> ViewSerializer<'b> {
    fn scalar(self, value: Value) -> Shown {
        self.0.spend(value.to_string().len() + 1)?;
        Ok(value)
    }

    fn variant(self, name: &str, value: impl FnOnce(&mut Budget) -> Shown) -> Shown {
        self.0.spend(name.len() + 6)?;
        self.0.enter()?;
        let value = value(self.0)?;
        self.0.leave();
        Ok(Value::Object(Map::from_iter([(name.to_owned(), value)])))
    }
}

impl<'b> Serializer for ViewSerializer<'b> {
    type Ok = Value;
    type Error = ViewError;
    type SerializeSeq = Array<'b>;
    type SerializeTuple = Array<'b>;
    type SerializeTupleStruct = Array<'b>;
    type SerializeTupleVariant = Array<'b>;
    type SerializeMap = Object<'b>;
    type SerializeStruct = Object<'b>;
    type SerializeStructVariant = Object<'b>;

    fn serialize_bool(self, v: bool) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_i8(self, v: i8) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_i16(self, v: i16) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_i32(self, v: i32) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_i64(self, v: i64) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_i128(self, v: i128) -> Shown {
        self.scalar(Number::from_i128(v).map_or_else(|| v.to_string().into(), Value::Number))
    }

    fn serialize_u8(self, v: u8) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_u16(self, v: u16) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_u32(self, v: u32) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_u64(self, v: u64) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_u128(self, v: u128) -> Shown {
        self.scalar(Number::from_u128(v).map_or_else(|| v.to_string().into(), Value::Number))
    }

    fn serialize_f32(self, v: f32) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_f64(self, v: f64) -> Shown {
        self.scalar(v.into())
    }

    fn serialize_char(self, v: char) -> Shown {
        self.scalar(v.to_string().into())
    }

    fn serialize_str(self, v: &str) -> Shown {
        self.0.spend(v.len() + 3)?;
        Ok(v.into())
    }

    fn serialize_bytes(self, v: &[u8]) -> Shown {
        view(v, self.0)
    }

    fn serialize_none(self) -> Shown {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Shown {
        self.0.enter()?;
        let value = value.serialize(ViewSerializer(self.0))?;
        self.0.leave();
        Ok(value)
    }

    fn serialize_unit(self) -> Shown {
        self.scalar(Value::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Shown {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Shown {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Shown {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Shown {
        self.variant(variant, |budget| view(value, budget))
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Array<'b>, ViewError> {
        Array::new(self.0, None)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Array<'b>, ViewError> {
        Array::new(self.0, None)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Array<'b>, ViewError> {
        Array::new(self.0, None)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Array<'b>, ViewError> {
        Array::new(self.0, Some(variant))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Object<'b>, ViewError> {
        Object::new(self.0, None)
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Object<'b>, ViewError> {
        Object::new(self.0, None)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Object<'b>, ViewError> {
        Object::new(self.0, Some(variant))
    }
}
