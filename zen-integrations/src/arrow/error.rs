//! What can go wrong with tables.

use std::io;
use std::path::PathBuf;

use arrow_schema::DataType;

/// Why a table could not be made, written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The table has a column that Parquet can't hold, or not so that the same comes back.
    #[error("the column `{column}` is of the type {data_type}, which can't be kept in Parquet: {advice}")]
    Column {
        /// The column's name, with those of the structs around it: `position.x`.
        column: String,
        /// Its type.
        data_type: Box<DataType>,
        /// What to do, or the reason of the Parquet library.
        advice: String,
    },
    /// The table can't be written.
    #[error("the table can't be written as Parquet: {0}")]
    Write(String),
    /// The bytes are no Parquet file, a damaged one, or one of a kind that is not known.
    #[error("the Parquet file can't be read: {0}")]
    Malformed(String),
    /// The batches can't be made one table.
    #[error("the batches can't be made one table: {0}")]
    Batches(String),
    /// The file can't be read or written.
    #[error("{doing} {} failed", path.display())]
    File {
        /// `reading` or `writing`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file is there, but is no table that can be read.
    #[error("the table in {} can't be read", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<TableError>,
    },
}
