//! How an ONNX model is stored.

use std::io::Write;

use zen_core::artifact::{Codec, CodecError, CodecInfo, Description};
use zen_core::serving::TensorSpec;

use super::model::OnnxModel;

pub(super) const FORMAT: CodecInfo = CodecInfo {
    name: "onnx",
    version: 1,
    media_type: "application/onnx",
};

/// Stores an [`OnnxModel`] as its file, which other programs read.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnnxCodec;

impl Codec<OnnxModel> for OnnxCodec {
    fn info(&self) -> CodecInfo {
        FORMAT
    }

    fn encode(&self, value: &OnnxModel, out: &mut dyn Write) -> Result<(), CodecError> {
        Ok(out.write_all(value.bytes())?)
    }

    fn decode(&self, bytes: &[u8], _version: u32) -> Result<OnnxModel, CodecError> {
        OnnxModel::from_bytes(bytes).map_err(|error| CodecError::Malformed(error.to_string()))
    }

    fn describe(&self, value: &OnnxModel) -> Description {
        let (inputs, outputs) = (value.inputs(), value.outputs());
        Description {
            summary: Some(format!("ONNX model: {} -> {}", list(&inputs), list(&outputs))),
            ..Description::default()
        }
    }
}

fn list(specs: &[TensorSpec]) -> String {
    const SHOWN: usize = 4;
    let shown = specs.iter().take(SHOWN).map(|spec| {
        let sizes = spec.shape.iter().map(|size| match size {
            -1 => "?".to_owned(),
            size => size.to_string(),
        });
        let sizes: Vec<_> = sizes.collect();
        format!("{} {}[{}]", spec.name, spec.datatype, sizes.join(","))
    });
    let mut shown: Vec<_> = shown.collect();
    if specs.len() > SHOWN {
        shown.push(format!("{} more", specs.len() - SHOWN));
    }
    shown.join(", ")
}
