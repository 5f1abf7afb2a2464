//! Puts the rows of several requests into one tensor, and takes them apart again.

use bytes::Bytes;
use zen_core::serving::{Datatype, Tensor, TensorError};

/// One tensor of the rows of all, which have the same name, type and shape but for the number of rows.
pub(super) fn join<'a>(tensors: impl Iterator<Item = &'a Tensor> + Clone) -> Result<Tensor, TensorError> {
    let Some(first) = tensors.clone().next() else {
        return Tensor::new("", Datatype::Bool, vec![0], Bytes::new());
    };
    let mut shape = first.shape().to_vec();
    if let Some(rows) = shape.first_mut() {
        *rows = tensors.clone().filter_map(|tensor| tensor.shape().first()).sum();
    }
    // Elements lie one after the other, the rows outermost: so do those of several tensors. Byte strings too.
    let mut data = Vec::with_capacity(tensors.clone().map(|tensor| tensor.data().len()).sum());
    tensors.for_each(|tensor| data.extend_from_slice(tensor.data()));
    Tensor::new(first.name(), first.datatype(), shape, data)
}

/// Tensors of so many rows each, which are all rows of this one.
pub(super) fn split(tensor: &Tensor, rows: &[usize]) -> Result<Vec<Tensor>, TensorError> {
    let inner = tensor.shape().get(1..).unwrap_or_default();
    let row: usize = inner.iter().product();
    let mut strings = tensor.strings();
    let mut start = 0;
    let parts = rows.iter().map(|rows| {
        let elements = rows * row;
        let length = match tensor.datatype().size() {
            Some(size) => elements * size,
            None => strings
                .by_ref()
                .take(elements)
                .map(|string| 4 + string.len())
                .sum(),
        };
        let mut shape = vec![*rows];
        shape.extend(inner);
        let data = tensor.data().slice(start..start + length);
        start += length;
        Tensor::new(tensor.name(), tensor.datatype(), shape, data)
    });
    parts.collect()
}
