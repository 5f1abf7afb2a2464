//! Tensors from safetensors files of any program.

use safetensors::SafeTensors;

use super::error::TensorError;
use super::tensor::Tensor;
use super::tensors::Tensors;

/// All tensors of a file. The library checks that each has the bytes that its shape needs, that they don't overlap, and that there are no
/// others; nothing is allocated for what the file only announces.
pub(super) fn read(bytes: &[u8]) -> Result<Tensors, TensorError> {
    let malformed = |error: safetensors::SafeTensorError| TensorError::Malformed(error.to_string());
    let (header, metadata) = SafeTensors::read_metadata(bytes).map_err(malformed)?;
    let data = bytes.get(size_of::<u64>() + header..).unwrap_or_default();
    let mut tensors = Tensors::new();
    for (name, info) in metadata.tensors() {
        let (start, end) = info.data_offsets;
        let Some(bytes) = data.get(start..end) else {
            return Err(TensorError::Malformed(format!(
                "the data of `{name}` are not there"
            )));
        };
        let tensor = Tensor::new(info.dtype, info.shape.clone(), bytes.to_vec())?;
        tensors.insert(name, tensor);
    }
    if let Some(texts) = metadata.metadata() {
        let texts = texts.iter().map(|(key, text)| (key.clone(), text.clone()));
        tensors.metadata_mut().extend(texts);
    }
    Ok(tensors)
}
