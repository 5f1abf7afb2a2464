//! One struct as the cells of a row.

use serde::ser::{Impossible, Serialize, SerializeStruct, Serializer};

use super::cell::Cell;
use super::error::Refused;

/// Writes the cells of one row after the other, each with the columns of the first one.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// The columns' names, and the types of their values in the first row.
    pub(super) columns: Vec<(&'static str, &'static str)>,
    pub(super) cells: ::csv::StringRecord,
    cell: String,
    is_first: bool,
}

impl Row {
    /// The cells of this value, in place of those that were there.
    pub(super) fn fill<T: Serialize>(&mut self, value: &T) -> Result<(), Refused> {
        self.cells.clear();
        self.is_first = self.columns.is_empty();
        value.serialize(&mut *self)
    }
}

type Never = Impossible<(), Refused>;

fn no_row<T>() -> Result<T, Refused> {
    let text = "a row must be a struct with named fields, none of them flattened, which gives the columns their names";
    Err(Refused(text.into()))
}

macro_rules! no_rows {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$ok, Refused> {
            no_row()
        }
    )*};
}

impl<'a> Serializer for &'a mut Row {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = &'a mut Row;
    type SerializeStructVariant = Never;

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<&'a mut Row, Refused> {
        Ok(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Refused> {
        no_row()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Refused> {
        no_row()
    }

    no_rows! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_i128(i128) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_u128(u128) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}

impl SerializeStruct for &mut Row {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.cell.clear();
        let place = self.cells.len();
        let kind = value
            .serialize(Cell(&mut self.cell))
            .map_err(|refused| refused.column(name))?;
        match self.columns.get(place) {
            Some((column, _)) if *column == name => {}
            None if self.is_first && self.columns.iter().any(|(column, _)| *column == name) => {
                return Err(Refused(format!("there are two columns `{name}`")));
            }
            None if self.is_first => self.columns.push((name, kind)),
            _ => {
                return Err(Refused(format!(
                    "the column `{name}` doesn't stand where it is in the first row"
                )));
            }
        }
        self.cells.push_field(&self.cell);
        Ok(())
    }

    fn end(self) -> Result<(), Refused> {
        if self.columns.is_empty() {
            return Err(Refused("it has no columns".into()));
        }
        match self.cells.len() == self.columns.len() {
            true => Ok(()),
            false => Err(Refused(format!(
                "it has {} columns, the first row has {}",
                self.cells.len(),
                self.columns.len()
            ))),
        }
    }
}
