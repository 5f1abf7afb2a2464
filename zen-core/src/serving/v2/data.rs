//! A tensor's `data`: from JSON to bytes.

use super::element::{boolean, bytes, float, integer};
use super::scan::walk;
use crate::serving::Datatype;

/// The bytes of a tensor whose `data` is this well-formed JSON.
pub(super) fn read(text: &str, datatype: Datatype, shape: &[usize]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(room(text, datatype, shape));
    match datatype {
        Datatype::Bool => walk(text, shape, |token| boolean(token, &mut out)),
        Datatype::Uint8 => walk(text, shape, |token| integer::<u8>(token, &mut out)),
        Datatype::Uint16 => walk(text, shape, |token| integer::<u16>(token, &mut out)),
        Datatype::Uint32 => walk(text, shape, |token| integer::<u32>(token, &mut out)),
        Datatype::Uint64 => walk(text, shape, |token| integer::<u64>(token, &mut out)),
        Datatype::Int8 => walk(text, shape, |token| integer::<i8>(token, &mut out)),
        Datatype::Int16 => walk(text, shape, |token| integer::<i16>(token, &mut out)),
        Datatype::Int32 => walk(text, shape, |token| integer::<i32>(token, &mut out)),
        Datatype::Int64 => walk(text, shape, |token| integer::<i64>(token, &mut out)),
        Datatype::Fp32 => walk(text, shape, |token| float::<f32>(token, &mut out)),
        Datatype::Fp64 => walk(text, shape, |token| float::<f64>(token, &mut out)),
        Datatype::Bytes => walk(text, shape, |token| bytes(token, &mut out)),
        Datatype::Fp16 | Datatype::Bf16 => Err(format!(
            "{datatype} can't be sent as JSON: send it as binary data"
        )),
    }?;
    Ok(out)
}

/// The bytes the elements will need: what the shape says, but no more than there can be in the text.
fn room(text: &str, datatype: Datatype, shape: &[usize]) -> usize {
    let possible = text.len() / 2;
    let claimed = shape.iter().fold(1usize, |all, size| all.saturating_mul(*size));
    match datatype.size() {
        Some(size) => claimed.min(possible).saturating_mul(size),
        None => text.len(),
    }
}
