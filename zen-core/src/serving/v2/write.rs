//! Tensors as JSON.

use serde::Serialize;

use crate::serving::{Datatype, Number, Tensor};

/// Why a tensor can't be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwritable {
    /// Its type has no JSON.
    Type,
    /// It has a NaN or an infinity.
    NotFinite,
    /// It has a byte string that is not UTF-8.
    NotText,
}

/// Appends a value's JSON.
pub(super) fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Texts, numbers and lists of them always have a JSON, and memory takes it.
    let _ = serde_json::to_writer(out, value);
}

/// Appends a tensor's elements as a flat list. On an error, part of it is there.
pub(super) fn data(tensor: &Tensor, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    out.push(b'[');
    match tensor.datatype() {
        Datatype::Bool => numbers::<bool>(tensor, out),
        Datatype::Uint8 => numbers::<u8>(tensor, out),
        Datatype::Uint16 => numbers::<u16>(tensor, out),
        Datatype::Uint32 => numbers::<u32>(tensor, out),
        Datatype::Uint64 => numbers::<u64>(tensor, out),
        Datatype::Int8 => numbers::<i8>(tensor, out),
        Datatype::Int16 => numbers::<i16>(tensor, out),
        Datatype::Int32 => numbers::<i32>(tensor, out),
        Datatype::Int64 => numbers::<i64>(tensor, out),
        Datatype::Fp32 => floats::<f32>(tensor, out)?,
        Datatype::Fp64 => floats::<f64>(tensor, out)?,
        Datatype::Fp16 | Datatype::Bf16 => return Err(Unwritable::Type),
        Datatype::Bytes => {
            for string in tensor.strings() {
                put(out, std::str::from_utf8(string).map_err(|_| Unwritable::NotText)?);
                out.push(b',');
            }
        }
    }
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(b']');
    Ok(())
}

fn numbers<T: Number + Serialize>(tensor: &Tensor, out: &mut Vec<u8>) {
    for number in tensor.values::<T>().unwrap_or_default() {
        put(out, &number);
        out.push(b',');
    }
}

fn floats<T: Number + Serialize + Into<f64>>(tensor: &Tensor, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    for number in tensor.values::<T>().unwrap_or_default() {
        if !number.into().is_finite() {
            return Err(Unwritable::NotFinite);
        }
        put(out, &number);
        out.push(b',');
    }
    Ok(())
}
