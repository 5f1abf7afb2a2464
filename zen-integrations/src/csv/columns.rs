//! The columns of a type of rows, when there is no row to tell.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;

/// The names of the fields that the type's `Deserialize` asks for; none when it isn't a struct with named fields, or flattens some. Names that are
/// read in place of others (`alias`) are among them.
pub(super) fn columns_of<T: DeserializeOwned>() -> Option<&'static [&'static str]> {
    match T::deserialize(Asked) {
        Err(Told::Fields(fields)) => Some(fields),
        Ok(_) | Err(Told::Nothing) => None,
    }
}

/// Has no value, but learns what is asked of it.
struct Asked;

/// The answer comes as the error.
#[derive(Debug)]
enum Told {
    Fields(&'static [&'static str]),
    Nothing,
}

impl<'de> Deserializer<'de> for Asked {
    type Error = Told;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Told> {
        Err(Told::Nothing)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Told> {
        Err(Told::Fields(fields))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Told> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Told {}

impl Error for Told {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Told::Nothing
    }
}
