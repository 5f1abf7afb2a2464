//! How rows are stored.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zen_core::artifact::{Codec, CodecError, CodecInfo, ColumnStatistics, Description, Statistics};

use super::columns::columns_of;
use super::error::CsvError;
use super::row::Row;
use super::{read, write};

/// Stores a `Vec` of structs as a CSV file ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)): a line of the fields' names, then a line
/// for each row, in UTF-8.
///
/// A cell holds a number, a boolean, a text, a variant of an enum without values, an `Option` of these, or a newtype of them. Lists, maps, tuples
/// and structs in a row are refused with the column's name; so are `Some` of an empty text, which would come back as `None`, and rows whose columns
/// are not those of the first one. Floating-point numbers are written with as many digits as give the same number back; NaN is `NaN`, the infinite
/// ones are `inf` and `-inf`. Without rows, the header has the names that the type's `Deserialize` asks for.
///
/// What other programs write is read: columns are found by name in any order, those that aren't asked for are left out, lines may end with a line
/// feed alone, booleans may be `True` or `TRUE`, and an empty cell is `None`, or NaN where a floating-point number is asked for. pandas takes texts such
/// as `NA` for missing values unless it is told `keep_default_na=False`.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use zen_integrations::csv::Csv;
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct City {
///     name: String,
///     people: Option<u64>,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("cities.csv");
/// std::fs::write(&path, "people,country,name\n,PT,Porto\n")?;
/// let cities: Vec<City> = Csv::read_file(&path)?;
/// assert_eq!(cities, [City { name: "Porto".into(), people: None }]);
/// Csv::write_file(&path, &cities)?;
/// assert_eq!(std::fs::read_to_string(&path)?, "name,people\r\nPorto,\r\n");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Csv;

impl Csv {
    /// The rows of a CSV file of any program.
    ///
    /// # Errors
    /// When the file can't be read, or a row is no `T`; then with the line and the column.
    pub fn read_file<T: DeserializeOwned>(path: impl AsRef<Path>) -> Result<Vec<T>, CsvError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| CsvError::File {
            doing: "reading",
            path: path.to_owned(),
            source,
        })?;
        read::read(&bytes).map_err(|source| CsvError::Content {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// Writes rows to a file, which is replaced. Not atomic: when the program ends in the middle, a part of the file is there.
    ///
    /// # Errors
    /// When a row can't be written as CSV, or the file can't be written.
    pub fn write_file<T: Serialize + DeserializeOwned>(
        path: impl AsRef<Path>,
        rows: &[T],
    ) -> Result<(), CsvError> {
        let path = path.as_ref();
        let mut bytes = Vec::new();
        let written = write::write(rows, &mut bytes)?.map_err(std::io::Error::from);
        written
            .and_then(|()| std::fs::write(path, bytes))
            .map_err(|source| CsvError::File {
                doing: "writing",
                path: path.to_owned(),
                source,
            })
    }
}

impl<T: Serialize + DeserializeOwned> Codec<Vec<T>> for Csv {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            name: "csv",
            version: 1,
            media_type: "text/csv; charset=utf-8; header=present",
        }
    }

    fn encode(&self, value: &Vec<T>, out: &mut dyn Write) -> Result<(), CodecError> {
        match write::write(value, out) {
            Ok(written) => Ok(written.map_err(std::io::Error::from)?),
            Err(error) => Err(CodecError::Unsupported(error.to_string())),
        }
    }

    fn decode(&self, bytes: &[u8], _version: u32) -> Result<Vec<T>, CodecError> {
        read::read(bytes).map_err(|error| CodecError::Malformed(error.to_string()))
    }

    /// The columns and, for those that have a value in the first row, their types.
    fn describe(&self, value: &Vec<T>) -> Description {
        let mut row = Row::default();
        let columns: Vec<(&str, &str)> = match value.first() {
            Some(first) => match row.fill(first) {
                Ok(()) => row.columns,
                Err(_) => return Description::default(),
            },
            None => {
                let names = columns_of::<T>().unwrap_or_default();
                names.iter().map(|name| (*name, "")).collect()
            }
        };
        let mut statistics = Statistics::of_rows(value.len() as u64);
        for (name, kind) in &columns {
            statistics.push(ColumnStatistics::new(*name, *kind));
        }
        Description {
            shape: Some(vec![value.len() as u64, columns.len() as u64]),
            summary: Some(format!("{} rows of {} columns", value.len(), columns.len())),
            statistics: Some(statistics),
        }
    }
}
