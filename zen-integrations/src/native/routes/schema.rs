//! JSON schemas of a model's rows.

use serde_json::{Map, Value, json};
use zen_core::serving::{Datatype, TensorSpec};

/// The schema of a row, as typed JSON has it. A single tensor's row is its value or, when the row's type is a struct with one field, an
/// object: the model doesn't tell which.
pub(super) fn row(specs: &[TensorSpec]) -> Value {
    match specs {
        [spec] => json!({ "anyOf": [cell(spec), object(specs)] }),
        specs => object(specs),
    }
}

fn object(specs: &[TensorSpec]) -> Value {
    let properties: Map<String, Value> = specs.iter().map(|spec| (spec.name.clone(), cell(spec))).collect();
    let required: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// The schema of one row of a tensor: arrays in arrays, one for each dimension but the batch.
pub(super) fn cell(spec: &TensorSpec) -> Value {
    let sizes = spec.shape.get(1..).unwrap_or_default();
    sizes
        .iter()
        .rev()
        .fold(element(spec.datatype), |items, size| match u64::try_from(*size) {
            Ok(size) => json!({ "type": "array", "items": items, "minItems": size, "maxItems": size }),
            Err(_) => json!({ "type": "array", "items": items }),
        })
}

fn element(datatype: Datatype) -> Value {
    let integer = |least: i64, most: u64| json!({ "type": "integer", "minimum": least, "maximum": most });
    match datatype {
        Datatype::Bool => json!({ "type": "boolean" }),
        Datatype::Uint8 => integer(0, u8::MAX.into()),
        Datatype::Uint16 => integer(0, u16::MAX.into()),
        Datatype::Uint32 => integer(0, u32::MAX.into()),
        Datatype::Uint64 => integer(0, u64::MAX),
        Datatype::Int8 => integer(i8::MIN.into(), i8::MAX as u64),
        Datatype::Int16 => integer(i16::MIN.into(), i16::MAX as u64),
        Datatype::Int32 => integer(i32::MIN.into(), i32::MAX as u64),
        Datatype::Int64 => integer(i64::MIN, i64::MAX as u64),
        Datatype::Bytes => json!({ "type": "string" }),
        _ => json!({ "type": "number" }),
    }
}
