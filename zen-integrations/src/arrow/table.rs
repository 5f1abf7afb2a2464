//! The artifact: a table.

use std::fmt;
use std::ops::Deref;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::TableError;
use super::{read, write};
use crate::opaque;

/// A table: an Arrow [`RecordBatch`] that can be an artifact.
///
/// It dereferences to the batch, and is made from one and turned into one by `From`. Tables are equal when their schemas and all
/// values are; NaN isn't equal to itself.
///
/// It is stored as [`Parquet`](super::Parquet). Its clones share their columns.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use zen_integrations::arrow::arrow_array::{Int64Array, RecordBatch};
/// use zen_integrations::arrow::Table;
///
/// let column = Arc::new(Int64Array::from(vec![1, 2, 3]));
/// let table = Table::from(RecordBatch::try_from_iter([("n", column as _)])?);
/// assert_eq!((table.num_rows(), table.schema().field(0).name().as_str()), (3, "n"));
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("numbers.parquet");
/// table.write_parquet(&path)?; // pandas.read_parquet("numbers.parquet")
/// assert_eq!(Table::read_parquet(&path)?, table);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq)]
pub struct Table(RecordBatch);

impl Table {
    /// The rows of all these batches, one after the other.
    ///
    /// # Errors
    /// When there is no batch, which leaves the columns unknown; when their columns differ; when a column of texts becomes too large for
    /// its type (2 GiB; those of the `Large` types have no such limit).
    pub fn from_batches(batches: &[RecordBatch]) -> Result<Self, TableError> {
        let Some(first) = batches.first() else {
            return Err(TableError::Batches(
                "there is none, so its columns are unknown".into(),
            ));
        };
        let schema = first.schema();
        if let Some(other) = batches.iter().position(|batch| batch.schema() != schema) {
            let text = format!("the columns of batch {other} are not those of batch 0");
            return Err(TableError::Batches(text));
        }
        concat_batches(&schema, batches)
            .map(Self)
            .map_err(|error: ArrowError| TableError::Batches(error.to_string()))
    }

    /// The table as a batch.
    pub fn batch(&self) -> &RecordBatch {
        &self.0
    }

    /// Reads a Parquet file of any program. Its row groups become one table in memory.
    ///
    /// Parquet's own types become the nearest ones of Arrow; a file that was written from Arrow (by pandas, Polars, zen) names its Arrow
    /// types, which are taken. Compressed with Snappy, Zstandard, gzip, Brotli, LZ4 or not at all.
    ///
    /// Rows are read a few at a time, and memory for them is taken when they are there. But the header of a page announces its size, for which memory is
    /// taken at once, up to 2 GiB; and a small file can hold very many rows that are all the same. So a file that nobody vouches for can take
    /// much more memory than it has bytes.
    ///
    /// # Errors
    /// When the file can't be read, is damaged, is encrypted, or was made to break readers.
    pub fn read_parquet(path: impl AsRef<Path>) -> Result<Self, TableError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| TableError::File {
            doing: "reading",
            path: path.to_owned(),
            source,
        })?;
        Self::from_parquet(bytes).map_err(|source| TableError::Content {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// Writes a Parquet file, the one that the artifact is; a file of this name is replaced. Not atomic: when the program ends in the middle,
    /// a part of the file is there.
    ///
    /// # Errors
    /// When Parquet can't hold a column, which is named, or the file can't be written.
    pub fn write_parquet(&self, path: impl AsRef<Path>) -> Result<(), TableError> {
        let path = path.as_ref();
        let bytes = self.to_parquet()?;
        std::fs::write(path, bytes).map_err(|source| TableError::File {
            doing: "writing",
            path: path.to_owned(),
            source,
        })
    }

    /// The table in the bytes of a Parquet file, as [`read_parquet`](Self::read_parquet) reads it.
    ///
    /// # Errors
    /// When they are no such file.
    pub fn from_parquet(bytes: impl Into<Vec<u8>>) -> Result<Self, TableError> {
        read::read(Bytes::from(bytes.into())).map(Self)
    }

    /// The table as a Parquet file.
    ///
    /// # Errors
    /// When Parquet can't hold a column, which is named.
    pub fn to_parquet(&self) -> Result<Vec<u8>, TableError> {
        write::write(&self.0)
    }
}

impl From<RecordBatch> for Table {
    fn from(batch: RecordBatch) -> Self {
        Self(batch)
    }
}

impl From<Table> for RecordBatch {
    fn from(table: Table) -> Self {
        table.0
    }
}

impl TryFrom<Vec<RecordBatch>> for Table {
    type Error = TableError;

    fn try_from(batches: Vec<RecordBatch>) -> Result<Self, TableError> {
        Self::from_batches(&batches)
    }
}

impl Deref for Table {
    type Target = RecordBatch;

    fn deref(&self) -> &RecordBatch {
        &self.0
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("rows", &self.num_rows())
            .field("columns", self.schema_ref().fields())
            .finish()
    }
}

/// As the bytes of a Parquet file, where a table stands inside another value.
impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        opaque::serialize(serializer, self.to_parquet())
    }
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        opaque::deserialize(deserializer, "a table", |bytes| Self::from_parquet(bytes))
    }
}
