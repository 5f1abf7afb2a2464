//! How a table is stored.

use std::io::Write;

use zen_core::artifact::{Codec, CodecError, CodecInfo, Description};

use super::error::TableError;
use super::statistics;
use super::table::Table;

/// Stores a [`Table`] as a Parquet file, which is what tables are stored as without being asked.
///
/// Equal tables give equal bytes, also when one is a slice of a larger batch or its dictionaries are in another order. The bytes depend on the
/// version of the Parquet library: with another one, a step that runs again may make other bytes of the same table.
///
/// Everything comes back as it was, with the metadata of schema and fields, except what Parquet can't hold, which is refused with the
/// column's name: unions, run-end encoded columns, intervals of months, days and nanoseconds, structs without fields, dictionaries of nested
/// values.
///
/// Written by the Parquet writer of Apache Arrow's Rust implementation, with Zstandard, in groups of 2^20 rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parquet;

impl Codec<Table> for Parquet {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            name: "parquet",
            version: 1,
            media_type: "application/vnd.apache.parquet",
        }
    }

    fn encode(&self, value: &Table, out: &mut dyn Write) -> Result<(), CodecError> {
        match value.to_parquet() {
            Ok(bytes) => Ok(out.write_all(&bytes)?),
            Err(error) => Err(CodecError::Unsupported(error.to_string())),
        }
    }

    fn decode(&self, bytes: &[u8], _version: u32) -> Result<Table, CodecError> {
        Table::from_parquet(bytes).map_err(|error: TableError| CodecError::Malformed(error.to_string()))
    }

    fn describe(&self, value: &Table) -> Description {
        statistics::describe(value)
    }
}

zen_core::register_codec!(Table => Parquet);
