//! Tensors of the protocol as tensors of the engine, and back.

use half::f16;
use tract_onnx::prelude::{DatumType, Tensor as Value, TractResult, tract_ndarray};
use tract_onnx::tract_core::internal::TractError;
use zen_core::serving::{Datatype, Number, Tensor, TensorError};

/// The engine's type. Only types that a model may declare come here.
pub(super) fn datum_type(datatype: Datatype) -> Option<DatumType> {
    Some(match datatype {
        Datatype::Bool => DatumType::Bool,
        Datatype::Uint8 => DatumType::U8,
        Datatype::Uint16 => DatumType::U16,
        Datatype::Uint32 => DatumType::U32,
        Datatype::Uint64 => DatumType::U64,
        Datatype::Int8 => DatumType::I8,
        Datatype::Int16 => DatumType::I16,
        Datatype::Int32 => DatumType::I32,
        Datatype::Int64 => DatumType::I64,
        Datatype::Fp16 => DatumType::F16,
        Datatype::Fp32 => DatumType::F32,
        Datatype::Fp64 => DatumType::F64,
        Datatype::Bytes => DatumType::String,
        _ => return None,
    })
}

/// The engine's tensor.
pub(super) fn into_engine(tensor: &Tensor) -> TractResult<Value> {
    fn numbers<T>(tensor: &Tensor) -> TractResult<Value>
    where
        T: Number + tract_onnx::prelude::Datum,
    {
        Value::from_shape(tensor.shape(), &T::read_all(tensor.data()))
    }
    match tensor.datatype() {
        Datatype::Bool => numbers::<bool>(tensor),
        Datatype::Uint8 => numbers::<u8>(tensor),
        Datatype::Uint16 => numbers::<u16>(tensor),
        Datatype::Uint32 => numbers::<u32>(tensor),
        Datatype::Uint64 => numbers::<u64>(tensor),
        Datatype::Int8 => numbers::<i8>(tensor),
        Datatype::Int16 => numbers::<i16>(tensor),
        Datatype::Int32 => numbers::<i32>(tensor),
        Datatype::Int64 => numbers::<i64>(tensor),
        Datatype::Fp32 => numbers::<f32>(tensor),
        Datatype::Fp64 => numbers::<f64>(tensor),
        Datatype::Fp16 => {
            let (chunks, _) = tensor.data().as_chunks::<2>();
            let values: Vec<_> = chunks.iter().map(|bytes| f16::from_le_bytes(*bytes)).collect();
            Value::from_shape(tensor.shape(), &values)
        }
        Datatype::Bytes => {
            let strings = tensor
                .strings()
                .map(|text| std::str::from_utf8(text).map(str::to_owned));
            let strings = strings.collect::<Result<Vec<_>, _>>()?;
            Ok(tract_ndarray::Array::from_shape_vec(tensor.shape(), strings)?
                .into_dyn()
                .into())
        }
        other => Err(TractError::msg(format!("the engine has no {other}"))),
    }
}

/// The protocol's tensor of this type.
pub(super) fn from_engine(name: &str, datatype: Datatype, value: &Value) -> TractResult<Tensor> {
    let wanted =
        datum_type(datatype).ok_or_else(|| TractError::msg(format!("the engine has no {datatype}")))?;
    // The engine computes sizes in a type of its own.
    let value = value.cast_to_dt(wanted)?;
    let shape = value.shape().to_vec();
    let view = value.try_as_plain_ram()?;
    macro_rules! numbers {
        ($number:ty) => {
            view.as_slice::<$number>()?
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect::<Vec<u8>>()
        };
    }
    let data = match datatype {
        Datatype::Bool => view
            .as_slice::<bool>()?
            .iter()
            .map(|yes| u8::from(*yes))
            .collect(),
        Datatype::Uint8 => view.as_slice::<u8>()?.to_vec(),
        Datatype::Uint16 => numbers!(u16),
        Datatype::Uint32 => numbers!(u32),
        Datatype::Uint64 => numbers!(u64),
        Datatype::Int8 => numbers!(i8),
        Datatype::Int16 => numbers!(i16),
        Datatype::Int32 => numbers!(i32),
        Datatype::Int64 => numbers!(i64),
        Datatype::Fp16 => numbers!(f16),
        Datatype::Fp32 => numbers!(f32),
        Datatype::Fp64 => numbers!(f64),
        _ => return Ok(Tensor::of_bytes(name, shape, view.as_slice::<String>()?)?),
    };
    Tensor::new(name, datatype, shape, data).map_err(|error: TensorError| error.into())
}
