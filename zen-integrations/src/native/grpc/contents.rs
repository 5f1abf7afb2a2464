//! Tensors' elements as typed fields of a message.

use bytes::Bytes;
use zen_core::serving::{Datatype, Number, Tensor};

use super::proto::InferTensorContents;

/// Whether elements of this type have a field of their own.
pub(super) fn has_field(datatype: Datatype) -> bool {
    !matches!(datatype, Datatype::Fp16 | Datatype::Bf16)
}

/// Whether there is no element in any field.
pub(super) fn is_empty(contents: &InferTensorContents) -> bool {
    used_fields(contents).all(|(_, used)| !used)
}

/// The elements as bytes, laid out as a tensor of this type wants them.
pub(super) fn read(datatype: Datatype, contents: InferTensorContents) -> Result<Bytes, String> {
    let field = field(datatype)
        .ok_or_else(|| format!("{datatype} has no typed contents: send raw_input_contents instead"))?;
    if let Some((other, _)) = used_fields(&contents).find(|(name, used)| *used && *name != field) {
        return Err(format!(
            "{datatype} is to be in {field}, and there is something in {other}"
        ));
    }
    match datatype {
        Datatype::Bool => Ok(numbers(contents.bool_contents)),
        Datatype::Int8 => narrow::<i32, i8>(datatype, contents.int_contents),
        Datatype::Int16 => narrow::<i32, i16>(datatype, contents.int_contents),
        Datatype::Int32 => Ok(numbers(contents.int_contents)),
        Datatype::Int64 => Ok(numbers(contents.int64_contents)),
        Datatype::Uint8 => narrow::<u32, u8>(datatype, contents.uint_contents),
        Datatype::Uint16 => narrow::<u32, u16>(datatype, contents.uint_contents),
        Datatype::Uint32 => Ok(numbers(contents.uint_contents)),
        Datatype::Uint64 => Ok(numbers(contents.uint64_contents)),
        Datatype::Fp32 => Ok(numbers(contents.fp32_contents)),
        Datatype::Fp64 => Ok(numbers(contents.fp64_contents)),
        _ => strings(&contents.bytes_contents),
    }
}

/// A tensor's elements in the field of their type; in none when the type has no field.
pub(super) fn write(tensor: &Tensor) -> InferTensorContents {
    let mut contents = InferTensorContents::default();
    let data = tensor.data();
    match tensor.datatype() {
        Datatype::Bool => contents.bool_contents = bool::read_all(data),
        Datatype::Int8 => contents.int_contents = widen::<i8, i32>(data),
        Datatype::Int16 => contents.int_contents = widen::<i16, i32>(data),
        Datatype::Int32 => contents.int_contents = i32::read_all(data),
        Datatype::Int64 => contents.int64_contents = i64::read_all(data),
        Datatype::Uint8 => contents.uint_contents = widen::<u8, u32>(data),
        Datatype::Uint16 => contents.uint_contents = widen::<u16, u32>(data),
        Datatype::Uint32 => contents.uint_contents = u32::read_all(data),
        Datatype::Uint64 => contents.uint64_contents = u64::read_all(data),
        Datatype::Fp32 => contents.fp32_contents = f32::read_all(data),
        Datatype::Fp64 => contents.fp64_contents = f64::read_all(data),
        Datatype::Bytes => {
            contents.bytes_contents = tensor.strings().map(|string| data.slice_ref(string)).collect();
        }
        _ => {}
    }
    contents
}

fn field(datatype: Datatype) -> Option<&'static str> {
    Some(match datatype {
        Datatype::Bool => "bool_contents",
        Datatype::Int8 | Datatype::Int16 | Datatype::Int32 => "int_contents",
        Datatype::Int64 => "int64_contents",
        Datatype::Uint8 | Datatype::Uint16 | Datatype::Uint32 => "uint_contents",
        Datatype::Uint64 => "uint64_contents",
        Datatype::Fp32 => "fp32_contents",
        Datatype::Fp64 => "fp64_contents",
        Datatype::Bytes => "bytes_contents",
        _ => return None,
    })
}

fn used_fields(contents: &InferTensorContents) -> impl Iterator<Item = (&'static str, bool)> {
    [
        ("bool_contents", !contents.bool_contents.is_empty()),
        ("int_contents", !contents.int_contents.is_empty()),
        ("int64_contents", !contents.int64_contents.is_empty()),
        ("uint_contents", !contents.uint_contents.is_empty()),
        ("uint64_contents", !contents.uint64_contents.is_empty()),
        ("fp32_contents", !contents.fp32_contents.is_empty()),
        ("fp64_contents", !contents.fp64_contents.is_empty()),
        ("bytes_contents", !contents.bytes_contents.is_empty()),
    ]
    .into_iter()
}

fn numbers<N: Number>(values: Vec<N>) -> Bytes {
    let mut out = Vec::with_capacity(values.len() * size_of::<N>());
    values.into_iter().for_each(|value| value.write(&mut out));
    out.into()
}

fn narrow<W: Copy + std::fmt::Display, N: Number + TryFrom<W>>(
    datatype: Datatype,
    values: Vec<W>,
) -> Result<Bytes, String> {
    let values = values
        .into_iter()
        .map(|value| N::try_from(value).map_err(|_| format!("{value} is out of the range of {datatype}")));
    Ok(numbers(values.collect::<Result<Vec<N>, _>>()?))
}

fn widen<N: Number, W: From<N>>(data: &[u8]) -> Vec<W> {
    N::read_all(data).into_iter().map(W::from).collect()
}

fn strings(values: &[Bytes]) -> Result<Bytes, String> {
    let mut out = Vec::with_capacity(values.iter().map(|value| 4 + value.len()).sum());
    for value in values {
        let length = u32::try_from(value.len()).map_err(|_| "a byte string is longer than 4 GiB")?;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(value);
    }
    Ok(out.into())
}
