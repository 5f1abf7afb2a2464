//! What can go wrong with CSV files.

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{de, ser};

/// Why rows could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// A row can't be written.
    #[error("row {row} can't be written as CSV: {reason}")]
    Row {
        /// The row's number, from 0.
        row: usize,
        /// What is wrong with it, with the column's name.
        reason: String,
    },
    /// A row can't be read as the type asked for.
    #[error("line {line} can't be read: {reason}")]
    Line {
        /// The number of the line where the row begins, or the empty lines before it do; the header is line 1.
        line: u64,
        /// What is wrong with it, with the column's name.
        reason: String,
    },
    /// The text is no CSV.
    #[error("the CSV file can't be read: {0}")]
    Malformed(String),
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
    /// The file is there, but can't be read as rows of this type.
    #[error("the rows in {} can't be read", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<CsvError>,
    },
}

/// What is wrong with a row or a cell; who goes through the rows knows which.
#[derive(Debug)]
pub(super) struct Refused(pub(super) String);

impl Refused {
    /// The same, of this column.
    pub(super) fn column(self, column: &str) -> Self {
        Self(format!("column `{column}`: {}", self.0))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}
