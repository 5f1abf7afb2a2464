//! Tables from Parquet files of any program.

use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::error::TableError;
use crate::guard::guarded;

/// Rows that are decoded at once. More memory is taken only for what has been found to be there.
const ROWS_OF_A_BATCH: usize = 1 << 16;

/// All rows of a file, as one batch.
///
/// The Parquet library checks much of what it reads, but panics on some files that were made to break it: those panics end here. That
/// the rows are as many as the file says is checked in the end.
pub(super) fn read(bytes: Bytes) -> Result<RecordBatch, TableError> {
    guarded("the Parquet library", || read_unguarded(bytes)).map_err(TableError::Malformed)
}

fn read_unguarded(bytes: Bytes) -> Result<RecordBatch, Box<dyn std::error::Error>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    let announced = builder.metadata().file_metadata().num_rows();
    let schema = builder.schema().clone();
    let batches = builder.with_batch_size(ROWS_OF_A_BATCH).build()?;
    let batches = batches.collect::<Result<Vec<_>, _>>()?;
    let batch = match <[RecordBatch; 1]>::try_from(batches) {
        Ok([batch]) => batch,
        Err(batches) => concat_batches(&schema, &batches)?,
    };
    if i64::try_from(batch.num_rows()) != Ok(announced) {
        return Err(format!("{announced} rows are announced, {} are there", batch.num_rows()).into());
    }
    // A batch knows less of the schema than the file: its metadata are missing.
    Ok(batch.with_schema(schema)?)
}
