//! An ONNX model is written as the file that it is.

use bytes::Bytes;
use zen_core::prelude::BoxError;

use super::model::OnnxModel;
use crate::export::{ExportedOnnx, ToOnnx};

impl ToOnnx for OnnxModel {
    fn to_onnx(&self) -> Result<ExportedOnnx, BoxError> {
        let bytes = Bytes::copy_from_slice(self.bytes());
        Ok(ExportedOnnx::new(bytes, self.inputs(), self.outputs()))
    }
}

crate::register_onnx!(OnnxModel);
