//! A model that was written as ONNX.

use std::fmt;

use bytes::Bytes;
use zen_core::artifact::Digest;
use zen_core::serving::{Predictor, TensorSpec};

use super::ExportError;

/// A model as an ONNX file, with what is known of its inputs and outputs.
#[derive(Clone, PartialEq, Eq)]
pub struct ExportedOnnx {
    bytes: Bytes,
    inputs: Vec<TensorSpec>,
    outputs: Vec<TensorSpec>,
}

impl ExportedOnnx {
    /// This file, with these inputs and outputs; the batch is the first dimension of each, and open (-1).
    pub fn new(bytes: impl Into<Bytes>, inputs: Vec<TensorSpec>, outputs: Vec<TensorSpec>) -> Self {
        Self {
            bytes: bytes.into(),
            inputs,
            outputs,
        }
    }

    /// Compares inputs and outputs with those of the model's predictor: names, types and order must be the same, and sizes where the predictor
    /// says them. What [`LinearRegression::export_for`](super::LinearRegression::export_for) and its like write is so by itself.
    ///
    /// # Errors
    /// [`ExportError::Shape`] with the first difference.
    pub fn agreeing_with<P: Predictor>(self, predictor: &P) -> Result<Self, ExportError> {
        agree("input", &self.inputs, &predictor.inputs())?;
        agree("output", &self.outputs, &predictor.outputs())?;
        Ok(self)
    }

    /// The file.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Identifies the file's content: the same model gives the same file, byte for byte.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// The inputs, in the file's order.
    pub fn inputs(&self) -> &[TensorSpec] {
        &self.inputs
    }

    /// The outputs, in the file's order.
    pub fn outputs(&self) -> &[TensorSpec] {
        &self.outputs
    }
}

impl fmt::Debug for ExportedOnnx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportedOnnx")
            .field("bytes", &self.bytes.len())
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish()
    }
}

fn agree(what: &str, found: &[TensorSpec], expected: &[TensorSpec]) -> Result<(), ExportError> {
    if found.len() != expected.len() {
        return Err(ExportError::Shape(format!(
            "it has {} {what}s, and its predictor has {}",
            found.len(),
            expected.len()
        )));
    }
    let differs = |(found, expected): &(&TensorSpec, &TensorSpec)| {
        let mut sizes = found.shape.iter().zip(&expected.shape);
        (&found.name, found.datatype, found.shape.len())
            != (&expected.name, expected.datatype, expected.shape.len())
            || sizes.any(|(found, expected)| *expected != -1 && found != expected)
    };
    let show = |spec: &TensorSpec| format!("`{}` {} {:?}", spec.name, spec.datatype, spec.shape);
    match found.iter().zip(expected).find(differs) {
        Some((found, expected)) => Err(ExportError::Shape(format!(
            "its {what} {} is {} for its predictor",
            show(found),
            show(expected)
        ))),
        None => Ok(()),
    }
}
