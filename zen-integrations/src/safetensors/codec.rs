//! How tensors are stored.

use std::io::Write;

use zen_core::artifact::{Codec, CodecError, CodecInfo, ColumnStatistics, Description, Statistics};

use super::tensors::Tensors;
use super::write;

/// Stores [`Tensors`] as a [safetensors file](https://github.com/huggingface/safetensors#format), which is what they are stored as without being
/// asked.
///
/// Equal tensors give equal bytes. Every tensor begins at a multiple of its elements' length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Safetensors;

impl Codec<Tensors> for Safetensors {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            name: "safetensors",
            version: 1,
            media_type: "application/vnd.safetensors",
        }
    }

    fn encode(&self, value: &Tensors, out: &mut dyn Write) -> Result<(), CodecError> {
        let header = write::header(value).map_err(|error| CodecError::Unsupported(error.to_string()))?;
        out.write_all(&header)?;
        for (_, tensor) in write::ordered(value) {
            out.write_all(tensor.bytes())?;
        }
        Ok(())
    }

    fn decode(&self, bytes: &[u8], _version: u32) -> Result<Tensors, CodecError> {
        Tensors::from_safetensors(bytes).map_err(|error| CodecError::Malformed(error.to_string()))
    }

    /// The tensors as columns, with type and shape.
    fn describe(&self, value: &Tensors) -> Description {
        let mut statistics = Statistics::default();
        for (name, tensor) in value {
            let shape = tensor.shape().iter().map(|len| *len as u64);
            statistics.push(ColumnStatistics::new(name, tensor.dtype().to_string()).shape(shape));
        }
        let bytes: usize = value.iter().map(|(_, tensor)| tensor.bytes().len()).sum();
        Description {
            summary: Some(format!("{} tensors of {bytes} bytes", value.len())),
            statistics: Some(statistics),
            ..Description::default()
        }
    }
}

zen_core::register_codec!(Tensors => Safetensors);
