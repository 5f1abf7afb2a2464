//! Arrays and objects while they are collected.

use serde::ser::{self, Serialize};
use serde_json::{Map, Value};

use super::budget::Budget;
use super::key::key;
use super::serializer::ViewError;
use super::view;

/// Wraps the payload of an enum variant.
fn finished(value: Value, variant: Option<&'static str>, budget: &mut Budget) -> Result<Value, ViewError> {
    budget.leave();
    match variant {
        None => Ok(value),
        Some(name) => {
            budget.spend(name.len() + 6)?;
            Ok(Value::Object(Map::from_iter([(name.to_owned(), value)])))
        }
    }
}

#[derive(Debug)]
pub(super) struct Array<'b> {
    budget: &'b mut Budget,
    variant: Option<&'static str>,
    elements: Vec<Value>,
}

impl<'b> Array<'b> {
    pub(super) fn new(budget: &'b mut Budget, variant: Option<&'static str>) -> Result<Self, ViewError> {
        budget.enter()?;
        budget.spend(2)?;
        Ok(Self {
            budget,
            variant,
            elements: Vec::new(),
        })
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ViewError> {
        self.elements.push(view(value, self.budget)?);
        Ok(())
    }

    fn finish(self) -> Result<Value, ViewError> {
        finished(Value::Array(self.elements), self.variant, self.budget)
    }
}

#[derive(Debug)]
pub(super) struct Object<'b> {
    budget: &'b mut Budget,
    variant: Option<&'static str>,
    entries: Map<String, Value>,
    key: String,
}

impl<'b> Object<'b> {
    pub(super) fn new(budget: &'b mut Budget, variant: Option<&'static str>) -> Result<Self, ViewError> {
        budget.enter()?;
        budget.spend(2)?;
        Ok(Self {
            budget,
            variant,
            entries: Map::new(),
            key: String::new(),
        })
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), ViewError> {
        self.budget.spend(name.len() + 4)?;
        let value = view(value, self.budget)?;
        self.entries.insert(name.to_owned(), value);
        Ok(())
    }

    fn finish(self) -> Result<Value, ViewError> {
        finished(Value::Object(self.entries), self.variant, self.budget)
    }
}

macro_rules! array {
    ($($of:ident: $element:ident),*) => {$(
        impl ser::$of for Array<'_> {
            type Ok = Value;
            type Error = ViewError;

            fn $element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ViewError> {
                self.element(value)
            }

            fn end(self) -> Result<Value, ViewError> {
                self.finish()
            }
        }
    )*};
}

array! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
}

macro_rules! object {
    ($($of:ident),*) => {$(
        impl ser::$of for Object<'_> {
            type Ok = Value;
            type Error = ViewError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), ViewError> {
                self.field(name, value)
            }

            fn end(self) -> Result<Value, ViewError> {
                self.finish()
            }
        }
    )*};
}

object! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for Object<'_> {
    type Ok = Value;
    type Error = ViewError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ViewError> {
        self.key = key(value, self.budget)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ViewError> {
        let name = std::mem::take(&mut self.key);
        self.field(&name, value)
    }

    fn end(self) -> Result<Value, ViewError> {
        self.finish()
    }
}
