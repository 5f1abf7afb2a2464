//! What can go wrong with tensors.

use std::io;
use std::path::PathBuf;

use safetensors::Dtype;

/// Why a tensor could not be made, written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The data are too few or too many for the shape.
    #[error("a tensor of {dtype} of shape {shape:?} has {}, found {found}", bytes(*expected))]
    Size {
        /// The element type.
        dtype: Dtype,
        /// The lengths of the axes.
        shape: Vec<usize>,
        /// How many bytes there would have to be; none when no tensor can have this shape.
        expected: Option<usize>,
        /// How many bytes there are.
        found: usize,
    },
    /// The elements are of another type.
    #[error("the tensor's elements are {found}, not {requested}")]
    Dtype {
        /// The element type.
        found: Dtype,
        /// The one asked for.
        requested: Dtype,
    },
    /// A byte of a boolean tensor is neither 0 nor 1.
    #[error("a boolean is stored as 0 or 1, found {0}")]
    NoBoolean(u8),
    /// There is no tensor of this name.
    #[error("there is no tensor `{name}`; there are: {known}")]
    NoTensor {
        /// The name asked for.
        name: String,
        /// The first of those that are there.
        known: String,
    },
    /// The tensors can't be written.
    #[error("the tensors can't be written as safetensors: {0}")]
    Write(String),
    /// The bytes are no safetensors file, or a damaged one.
    #[error("the safetensors file can't be read: {0}")]
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
    /// The file is there, but holds no tensors that can be read.
    #[error("the tensors in {} can't be read", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<TensorError>,
    },
}

fn bytes(expected: Option<usize>) -> String {
    match expected {
        Some(len) => format!("{len} bytes"),
        None => "no whole number of bytes that fits into memory".to_owned(),
    }
}
