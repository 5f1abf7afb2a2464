//! What flows between the steps: matrices and labels.

use zen_core::prelude::*;
use zen_core::tracked;

/// Numbers in rows of equal length.
#[tracked]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Matrix {
    /// The length of a row; at least 1.
    pub(crate) columns: usize,
    /// Row after row.
    pub(crate) values: Vec<f64>,
}

impl Matrix {
    /// The number of rows.
    pub(crate) fn height(&self) -> usize {
        self.values.len() / self.columns
    }

    /// The rows from the first to the last.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.columns)
    }
}

/// The digit on each image: 0 to 9.
#[tracked]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Labels(pub(crate) Vec<u8>);
