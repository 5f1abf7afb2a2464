//! The formats of other programs: tables, tensors, rows and texts.

mod columns;
mod csv_files;
mod csv_rows;
mod files;
mod hostile;
mod pipelines;
mod python;
mod statistics;
mod tables;
mod tensor_files;
mod tensors;
mod text;
