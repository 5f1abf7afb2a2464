//! Tables as Parquet files.

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::check::check;
use super::error::TableError;
use crate::guard::guarded;

/// Rows of a group, which other programs read at once.
const ROWS_OF_A_GROUP: usize = 1 << 20;

/// The bytes of a Parquet file. Equal tables give equal bytes: all that decides about them is set here, or follows from the rows.
pub(super) fn write(batch: &RecordBatch) -> Result<Vec<u8>, TableError> {
    check(batch.schema_ref())?;
    if batch.num_columns() == 0 && batch.num_rows() > 0 {
        let text = format!("it has {} rows but no columns", batch.num_rows());
        return Err(TableError::Write(text));
    }
    let run = || -> Result<Vec<u8>, ParquetError> {
        let properties = WriterProperties::builder()
            .set_created_by("zen".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_max_row_group_row_count(Some(ROWS_OF_A_GROUP))
            .set_max_row_group_bytes(None)
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
        writer.write(batch)?;
        writer.into_inner()
    };
    guarded("the Parquet library", run).map_err(TableError::Write)
}
