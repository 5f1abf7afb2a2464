//! Why an ONNX model can't be loaded.

use std::path::PathBuf;

/// Why an ONNX model can't be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file can't be read.
    #[error("reading the ONNX model `{}` failed", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The bytes are no ONNX model.
    #[error("this is no ONNX model: {0}")]
    Malformed(String),
    /// An input is no tensor.
    #[error("input `{0}` is a sequence, a map or an optional value; only tensors can be served")]
    InputKind(String),
    /// An output is no tensor.
    #[error(
        "output `{0}` is a sequence, a map or an optional value, such as scikit-learn's ZipMap makes; only tensors can be served: \
         convert the model with `options={{'zipmap': False}}`"
    )]
    OutputKind(String),
    /// A tensor has a type that can't be served.
    #[error("`{name}` is of the type {datatype}, which can't be served: convert the model with another")]
    Datatype {
        /// The input or output.
        name: String,
        /// ONNX's name of the type.
        datatype: String,
    },
    /// An input has no shape.
    #[error(
        "input `{0}` has no shape: export the model with its number of dimensions (they may be of open size)"
    )]
    Shape(String),
    /// Weights are in another file.
    #[error(
        "tensor `{0}` is kept in another file: save the model in one file (`save_as_external_data=False`)"
    )]
    External(String),
    /// There are operators that can't be run.
    #[error("the model has operators that tract can't run: {0}")]
    Operators(String),
    /// The model can't be made ready to run.
    #[error("the ONNX model can't be made ready to run: {0}")]
    Prepare(String),
}
