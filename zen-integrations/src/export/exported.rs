//! A model that was written as ONNX.

use std::fmt;

use bytes::Bytes;
use zen_core::artifact::Digest;
use zen_core::serving::TensorSpec;

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
