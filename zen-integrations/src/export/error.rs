//! What goes wrong when models are written as ONNX.

use zen_core::prelude::BoxError;

/// Why a model could not be written as ONNX.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// No way of writing the model's type is listed.
    #[error(
        "this program can't write a model of type `{type_name}` as ONNX (it can write: {known}): implement `zen_integrations::export::ToOnnx` for it, \
         and list it with `zen_integrations::register_onnx!(..)`"
    )]
    NotExportable {
        /// The model's type.
        type_name: String,
        /// The types there are.
        known: String,
    },
    /// The stored model can't be read.
    #[error("the model `{model}` can't be read")]
    Unreadable {
        /// The model.
        model: String,
        /// Why not.
        #[source]
        source: BoxError,
    },
    /// The parts of a model don't fit together.
    #[error("the model can't be written as ONNX: {0}")]
    Shape(String),
    /// The model's own code failed.
    #[error("the model can't be written as ONNX")]
    Model(#[source] BoxError),
}
