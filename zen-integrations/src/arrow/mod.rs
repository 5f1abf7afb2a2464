//! Tables as artifacts: Arrow record batches, kept as [Parquet](https://parquet.apache.org/docs/file-format/).
//!
//! A [`Table`] is passed between steps like any other value. pandas, Polars, DuckDB and the others read the artifact as it lies in the
//! store, and [`Table::read_parquet`] reads theirs.
//!
//! ```
//! use std::sync::Arc;
//!
//! use zen_core::prelude::*;
//! use zen_integrations::arrow::Table;
//! use zen_integrations::arrow::arrow_array::cast::AsArray;
//! use zen_integrations::arrow::arrow_array::types::Float64Type;
//! use zen_integrations::arrow::arrow_array::{Float64Array, RecordBatch, StringArray};
//!
//! #[step]
//! fn measured() -> Result<Table> {
//!     let batch = RecordBatch::try_from_iter([
//!         ("place", Arc::new(StringArray::from(vec!["here", "there"])) as _),
//!         ("degrees", Arc::new(Float64Array::from(vec![Some(21.5), None])) as _),
//!     ])?;
//!     Ok(batch.into())
//! }
//!
//! #[step]
//! fn warmest(table: &Table) -> Result<f64> {
//!     let degrees = table.column_by_name("degrees").ok_or("there is no column `degrees`")?;
//!     let degrees = degrees.as_primitive_opt::<Float64Type>().ok_or("`degrees` are no numbers")?;
//!     Ok(degrees.iter().flatten().fold(f64::NEG_INFINITY, f64::max))
//! }
//!
//! #[pipeline]
//! fn weather() -> Artifact<f64> {
//!     warmest(measured())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let stack = Stack::in_memory()?;
//! let run = weather().on(&stack).quiet().run().await?;
//! assert_eq!(*run.output().await?, 21.5);
//! let artifact = run.step("measured")?.output("output")?;
//! let statistics = artifact.statistics().ok_or("a table has statistics")?;
//! assert_eq!(statistics.columns[1].to_string(), "degrees Float64, 21.5 to 21.5, 1 null");
//! # Ok(())
//! # }
//! ```
//!
//! The crates [`arrow_array`] and [`arrow_schema`] are those of the versions that tables are made of; a program that depends on other versions of
//! them has other types of the same names.

mod check;
mod codec;
mod error;
mod read;
mod statistics;
mod table;
mod write;

pub use arrow_array;
pub use arrow_schema;

pub use self::codec::Parquet;
pub use self::error::TableError;
pub use self::table::Table;
