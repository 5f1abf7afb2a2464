//! From tensors to values, and back.

use half::{bf16, f16};
use serde_json::Value;
use zen_core::serving::{Datatype, Number, PredictError, Tensor, TensorSpec};

use super::marks;

/// No row of zeros is larger than this.
const LARGEST: usize = 16 << 20;

/// The rows of a tensor: its parts along the first dimension, nested as the shape is.
pub(super) fn rows_of(tensor: &Tensor) -> Result<Vec<Value>, PredictError> {
    let Some((rows, sizes)) = tensor.shape().split_first() else {
        return Err(PredictError::input(format!(
            "tensor `{}` is a single value and no batch of rows",
            tensor.name()
        )));
    };
    let mut elements = elements(tensor)?.into_iter();
    Ok((0..*rows).map(|_| nested(&mut elements, sizes)).collect())
}

fn nested(elements: &mut impl Iterator<Item = Value>, sizes: &[usize]) -> Value {
    match sizes.split_first() {
        None => elements.next().unwrap_or_default(),
        Some((size, inner)) => (0..*size).map(|_| nested(elements, inner)).collect(),
    }
}

fn elements(tensor: &Tensor) -> Result<Vec<Value>, PredictError> {
    fn all<N: Number>(data: &[u8], value: impl Fn(N) -> Value) -> Vec<Value> {
        N::read_all(data).into_iter().map(value).collect()
    }
    let data = tensor.data();
    Ok(match tensor.datatype() {
        Datatype::Bool => all(data, |yes: bool| yes.into()),
        Datatype::Uint8 => all(data, |number: u8| number.into()),
        Datatype::Uint16 => all(data, |number: u16| number.into()),
        Datatype::Uint32 => all(data, |number: u32| number.into()),
        Datatype::Uint64 => all(data, |number: u64| number.into()),
        Datatype::Int8 => all(data, |number: i8| number.into()),
        Datatype::Int16 => all(data, |number: i16| number.into()),
        Datatype::Int32 => all(data, |number: i32| number.into()),
        Datatype::Int64 => all(data, |number: i64| number.into()),
        Datatype::Fp32 => all(data, |number: f32| marks::of(number.into())),
        Datatype::Fp64 => all(data, marks::of),
        Datatype::Fp16 => all(data, |bits: u16| marks::of(f16::from_bits(bits).into())),
        Datatype::Bf16 => all(data, |bits: u16| marks::of(bf16::from_bits(bits).into())),
        _ => {
            let texts = tensor.strings().map(|bytes| {
                let text = std::str::from_utf8(bytes);
                text.map(Value::from).map_err(|_| {
                    PredictError::input(format!(
                        "tensor `{}`: a byte string is not UTF-8 text",
                        tensor.name()
                    ))
                })
            });
            texts.collect::<Result<_, _>>()?
        }
    })
}

/// A tensor of these values, one a row. Without a type, it is that of the values.
pub(super) fn tensor(name: &str, datatype: Option<Datatype>, rows: &[&Value]) -> Result<Tensor, String> {
    let mut shape = vec![rows.len()];
    let mut first = rows.first().copied();
    while let Some(Value::Array(values)) = first {
        shape.push(values.len());
        first = values.first();
    }
    let mut flat = Vec::new();
    for row in rows {
        flatten(row, &shape[1..], &mut flat).ok_or_else(|| {
            format!("output `{name}`: the predictions have different shapes, and so can't be one tensor")
        })?;
    }
    let datatype = datatype.unwrap_or_else(|| guessed(&flat));
    let mut data = Vec::new();
    for value in flat {
        write(value, datatype, &mut data)
            .ok_or_else(|| format!("output `{name}`: {value} is no {datatype}"))?;
    }
    Tensor::new(name, datatype, shape, data).map_err(|error| error.to_string())
}

fn flatten<'v>(value: &'v Value, sizes: &[usize], out: &mut Vec<&'v Value>) -> Option<()> {
    match (value, sizes.split_first()) {
        (Value::Array(values), Some((size, inner))) if values.len() == *size => {
            values.iter().try_for_each(|value| flatten(value, inner, out))
        }
        (Value::Array(_), _) | (_, Some(_)) => None,
        (value, None) => {
            out.push(value);
            Some(())
        }
    }
}

/// The type of values of which nothing is known.
fn guessed(values: &[&Value]) -> Datatype {
    let all = |is: fn(&Value) -> bool| !values.is_empty() && values.iter().all(|value| is(value));
    if all(Value::is_boolean) {
        Datatype::Bool
    } else if all(Value::is_i64) {
        Datatype::Int64
    } else if values.iter().all(|value| marks::number(value).is_some()) {
        Datatype::Fp64
    } else {
        Datatype::Bytes
    }
}

fn write(value: &Value, datatype: Datatype, out: &mut Vec<u8>) -> Option<()> {
    macro_rules! whole {
        ($type:ty) => {{
            // Python's numbers may have a fraction of 0.
            let fraction = || {
                value
                    .as_f64()
                    .filter(|number| number.fract() == 0.0 && number.abs() < 9e15)
            };
            let whole = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
            let whole = whole.or_else(|| fraction().map(|number| number as i128))?;
            out.extend_from_slice(&<$type>::try_from(whole).ok()?.to_le_bytes());
        }};
    }
    match datatype {
        Datatype::Bool => out.push(u8::from(value.as_bool()?)),
        Datatype::Uint8 => whole!(u8),
        Datatype::Uint16 => whole!(u16),
        Datatype::Uint32 => whole!(u32),
        Datatype::Uint64 => whole!(u64),
        Datatype::Int8 => whole!(i8),
        Datatype::Int16 => whole!(i16),
        Datatype::Int32 => whole!(i32),
        Datatype::Int64 => whole!(i64),
        Datatype::Fp16 => out.extend_from_slice(&f16::from_f64(marks::number(value)?).to_le_bytes()),
        Datatype::Bf16 => out.extend_from_slice(&bf16::from_f64(marks::number(value)?).to_le_bytes()),
        Datatype::Fp32 => out.extend_from_slice(&(marks::number(value)? as f32).to_le_bytes()),
        Datatype::Fp64 => out.extend_from_slice(&marks::number(value)?.to_le_bytes()),
        _ => {
            let text = match value {
                Value::String(text) => text.clone(),
                // What no tensor can hold goes as its JSON.
                other => other.to_string(),
            };
            out.extend_from_slice(&u32::try_from(text.len()).ok()?.to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
    }
    Some(())
}

/// A row of zeros, when all sizes are known.
pub(super) fn zero(spec: &TensorSpec) -> Option<Value> {
    let sizes = spec
        .shape
        .get(1..)?
        .iter()
        .map(|size| usize::try_from(*size).ok());
    let sizes: Vec<usize> = sizes.collect::<Option<_>>()?;
    let elements = sizes
        .iter()
        .try_fold(1usize, |all, size| all.checked_mul(*size))?;
    let element = match spec.datatype {
        Datatype::Bool => Value::from(false),
        Datatype::Bytes => Value::from(""),
        Datatype::Fp16 | Datatype::Bf16 | Datatype::Fp32 | Datatype::Fp64 => Value::from(0.0),
        _ => Value::from(0),
    };
    (elements <= LARGEST).then(|| nested(&mut std::iter::repeat(element), &sizes))
}
