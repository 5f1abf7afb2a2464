//! Text to rows.

use std::collections::HashSet;

use csv::{ReaderBuilder, StringRecord};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::error::{CsvError, Refused};
use super::read_cell::Cell;

/// All rows below the header. Columns are found by their names, and those that the type doesn't ask for are left out.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, CsvError> {
    let malformed = |error: csv::Error| CsvError::Malformed(error.to_string());
    let mut reader = ReaderBuilder::new().from_reader(bytes);
    let header = reader.headers().map_err(malformed)?.clone();
    let mut seen = HashSet::new();
    if let Some(twice) = header.iter().find(|name| !seen.insert(*name)) {
        return Err(CsvError::Malformed(format!("there are two columns `{twice}`")));
    }
    let mut rows = Vec::new();
    let mut cells = StringRecord::new();
    while reader.read_record(&mut cells).map_err(malformed)? {
        let columns = Columns {
            header: &header,
            cells: &cells,
            next: 0,
        };
        rows.push(T::deserialize(columns).map_err(|refused| CsvError::Line {
            line: cells.position().map_or(0, csv::Position::line),
            reason: refused.0,
        })?);
    }
    Ok(rows)
}

/// The cells of a row by the names of their columns.
struct Columns<'de> {
    header: &'de StringRecord,
    cells: &'de StringRecord,
    next: usize,
}

impl<'de> Deserializer<'de> for Columns<'de> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_map(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Columns<'de> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        match self.header.get(self.next) {
            Some(name) => seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        let (name, cell) = (self.header.get(self.next), self.cells.get(self.next));
        self.next += 1;
        seed.deserialize(Cell(cell.unwrap_or_default()))
            .map_err(|refused: Refused| refused.column(name.unwrap_or_default()))
    }
}
