//! Whether a row's values are the model's: what they aren't would otherwise be made into something else on the way.

use serde_json::Value;
use zen_core::serving::{Datatype, PredictError, TensorSpec};

/// Compares a row's value of an input with what the model says of it.
pub(super) fn check(place: usize, value: &Value, spec: &TensorSpec) -> Result<(), PredictError> {
    let sizes = spec.shape.get(1..).unwrap_or_default();
    compared(value, spec.datatype, sizes).map_err(|reason| {
        let input = match spec.name.as_str() {
            "" => "the input".to_owned(),
            name => format!("input `{name}`"),
        };
        PredictError::input(format!(
            "{input} in row {place}: {reason}; the model expects {} {sizes:?}",
            spec.datatype
        ))
    })
}

fn compared(value: &Value, datatype: Datatype, sizes: &[i64]) -> Result<(), String> {
    let Some((size, inner)) = sizes.split_first() else {
        return match is_of(value, datatype) {
            true => Ok(()),
            false => Err(format!("{} is no {datatype}", shown(value))),
        };
    };
    let Value::Array(values) = value else {
        return Err(format!("{} is no array", shown(value)));
    };
    if usize::try_from(*size).is_ok_and(|size| size != values.len()) {
        return Err(format!("an array has {} values", values.len()));
    }
    values
        .iter()
        .try_for_each(|value| compared(value, datatype, inner))
}

fn is_of(value: &Value, datatype: Datatype) -> bool {
    let from = |least: i64, most: i64| {
        value
            .as_i64()
            .is_some_and(|number| (least..=most).contains(&number))
    };
    let within = |most: f64| value.as_f64().is_some_and(|number| number.abs() <= most);
    match datatype {
        Datatype::Bool => value.is_boolean(),
        Datatype::Uint8 => from(0, u8::MAX.into()),
        Datatype::Uint16 => from(0, u16::MAX.into()),
        Datatype::Uint32 => from(0, u32::MAX.into()),
        Datatype::Uint64 => value.is_u64(),
        Datatype::Int8 => from(i8::MIN.into(), i8::MAX.into()),
        Datatype::Int16 => from(i16::MIN.into(), i16::MAX.into()),
        Datatype::Int32 => from(i32::MIN.into(), i32::MAX.into()),
        Datatype::Int64 => value.is_i64(),
        Datatype::Fp16 => within(half::f16::MAX.to_f64()),
        Datatype::Bf16 => within(half::bf16::MAX.to_f64()),
        Datatype::Fp32 => within(f32::MAX.into()),
        Datatype::Fp64 => value.is_number(),
        Datatype::Bytes => value.is_string(),
        // Of a type that is new here, MLflow knows more.
        _ => true,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        value => value.to_string().chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_of_the_type_and_the_shape() {
        let said = |value: Value, datatype, shape: &[i64]| {
            let spec = TensorSpec {
                name: "x".into(),
                datatype,
                shape: shape.to_vec(),
            };
            check(2, &value, &spec).map_err(|error| error.to_string())
        };
        for (value, datatype, shape) in [
            (json!([1, 2.5]), Datatype::Fp32, &[-1, 2][..]),
            (json!([[1], [2], [3]]), Datatype::Fp64, &[-1, -1, 1]),
            (json!(255), Datatype::Uint8, &[-1]),
            (json!(true), Datatype::Bool, &[-1]),
            (json!("a"), Datatype::Bytes, &[-1]),
            (json!([]), Datatype::Int64, &[-1, -1]),
        ] {
            assert_eq!(said(value, datatype, shape), Ok(()));
        }
        for (value, datatype, shape, word) in [
            (json!([1]), Datatype::Fp32, &[-1, 2][..], "has 1 values"),
            (json!([1, null]), Datatype::Fp32, &[-1, 2], "null is no FP32"),
            (json!([1, 1e39]), Datatype::Fp32, &[-1, 2], "is no FP32"),
            (json!([1, "5"]), Datatype::Fp32, &[-1, 2], "\"5\" is no FP32"),
            (json!([1, true]), Datatype::Fp32, &[-1, 2], "true is no FP32"),
            (json!([1, [2]]), Datatype::Fp32, &[-1, 2], "an array is no FP32"),
            (json!(1), Datatype::Fp32, &[-1, 2], "1 is no array"),
            (json!(256), Datatype::Uint8, &[-1], "256 is no UINT8"),
            (json!(1.5), Datatype::Int32, &[-1], "1.5 is no INT32"),
        ] {
            let error = said(value, datatype, shape).unwrap_err();
            assert!(error.contains(word) && error.contains("`x` in row 2"), "{error}");
        }
    }
}
