//! Rows to text.

use std::io::Write;

use csv::{Terminator, WriterBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::columns::columns_of;
use super::error::CsvError;
use super::row::Row;

/// Writes a header and all rows as [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180) says. The inner error is the sink's.
pub(super) fn write<T: Serialize + DeserializeOwned>(
    rows: &[T],
    out: &mut dyn Write,
) -> Result<Result<(), csv::Error>, CsvError> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    let mut row = Row::default();
    for (number, value) in rows.iter().enumerate() {
        row.fill(value).map_err(|refused| CsvError::Row {
            row: number,
            reason: refused.0,
        })?;
        let mut written = Ok(());
        if number == 0 {
            written = writer.write_record(row.columns.iter().map(|(name, _)| *name));
        }
        written = written.and_then(|()| writer.write_record(&row.cells));
        if written.is_err() {
            return Ok(written);
        }
    }
    if let (true, Some(columns)) = (rows.is_empty(), columns_of::<T>())
        && !columns.is_empty()
    {
        let written = writer.write_record(columns);
        if written.is_err() {
            return Ok(written);
        }
    }
    Ok(writer.flush().map_err(csv::Error::from))
}
