//! What stands before the tensors' data.
//!
//! Written here rather than by the library, which holds the metadata in an order that changes from one program's start to the next.

use std::collections::BTreeMap;

use safetensors::tensor::TensorInfo;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::error::TensorError;
use super::tensor::Tensor;
use super::tensors::Tensors;

/// The name under which a file keeps its metadata among the tensors.
const METADATA: &str = "__metadata__";

/// The limit of all readers, in bytes.
const MAX_HEADER: usize = 100_000_000;

/// The length of the header and of what comes before it is a multiple of this, as is the length of the widest element: so every tensor begins where a
/// program that maps the file into memory needs it to.
const ALIGNMENT: usize = 8;

/// The order of the data: the widest elements first, as the library writes them, then by name.
pub(super) fn ordered(tensors: &Tensors) -> Vec<(&str, &Tensor)> {
    let mut ordered: Vec<(&str, &Tensor)> = tensors
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    ordered.sort_by_key(|(name, tensor)| (std::cmp::Reverse(tensor.dtype().bitsize()), *name));
    ordered
}

/// The header's length and the header, which tells where each tensor is.
pub(super) fn header(tensors: &Tensors) -> Result<Vec<u8>, TensorError> {
    if tensors.get(METADATA).is_some() {
        return Err(TensorError::Write(format!(
            "no tensor can be called `{METADATA}`, which is where the metadata are"
        )));
    }
    let mut bytes = vec![0; size_of::<u64>()];
    let written = serde_json::to_writer(&mut bytes, &Header(tensors));
    written.map_err(|error| TensorError::Write(error.to_string()))?;
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), b' ');
    let len = bytes.len() - size_of::<u64>();
    if len > MAX_HEADER {
        return Err(TensorError::Write(format!(
            "their names and metadata take {len} bytes, and {MAX_HEADER} are possible"
        )));
    }
    bytes[..size_of::<u64>()].copy_from_slice(&(len as u64).to_le_bytes());
    Ok(bytes)
}

struct Header<'a>(&'a Tensors);

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let metadata: &BTreeMap<String, String> = self.0.metadata();
        if !metadata.is_empty() {
            map.serialize_entry(METADATA, metadata)?;
        }
        let mut start = 0;
        for (name, tensor) in ordered(self.0) {
            let end = start + tensor.bytes().len();
            let info = TensorInfo {
                dtype: tensor.dtype(),
                shape: tensor.shape().to_vec(),
                data_offsets: (start, end),
            };
            map.serialize_entry(name, &info)?;
            start = end;
        }
        map.end()
    }
}
