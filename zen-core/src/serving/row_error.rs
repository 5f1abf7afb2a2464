//! How rows and tensors may fail to fit together.

use super::{Datatype, TensorError};

/// Rows and tensors don't fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// There are too many or too few tensors.
    #[error("expected {expected} tensors ({names}), got {found}")]
    Count {
        /// How many were expected.
        expected: usize,
        /// Their names.
        names: String,
        /// How many there were.
        found: usize,
    },
    /// A tensor is of another type.
    #[error("tensor `{name}` is {found}; the model expects {expected}")]
    Datatype {
        /// The tensor.
        name: String,
        /// The type the model has.
        expected: Datatype,
        /// The type the tensor has.
        found: Datatype,
    },
    /// A tensor has another shape.
    #[error("tensor `{name}` has the shape {found:?}; the model expects {expected:?}, where -1 is any size")]
    Shape {
        /// The tensor.
        name: String,
        /// The shape the model has.
        expected: Vec<i64>,
        /// The shape the tensor has.
        found: Vec<usize>,
    },
    /// The tensors have different numbers of rows.
    #[error("tensor `{name}` has {found} rows, and those before it have {expected}")]
    Rows {
        /// The tensor.
        name: String,
        /// The rows of the first tensor.
        expected: usize,
        /// The rows of this one.
        found: usize,
    },
    /// A byte string is no text.
    #[error("tensor `{name}`: a byte string is not UTF-8 text")]
    Text {
        /// The tensor.
        name: String,
    },
    /// A row has another shape.
    #[error(
        "a row of `{name}` has the shape {found:?}; the model expects {expected:?}, where -1 is any size"
    )]
    RowShape {
        /// The tensor.
        name: String,
        /// The shape of a row.
        expected: Vec<i64>,
        /// The shape this row has.
        found: Vec<usize>,
    },
    /// Rows that are to become one tensor have different shapes.
    #[error(
        "the rows of `{name}` have different shapes ({first:?} and {other:?}), and so can't be one tensor"
    )]
    Ragged {
        /// The tensor.
        name: String,
        /// The first row's shape.
        first: Vec<usize>,
        /// Another row's shape.
        other: Vec<usize>,
    },
    /// The bytes and the shape don't fit together.
    #[error(transparent)]
    Tensor(#[from] TensorError),
}
