//! Inputs and outputs as a file declares them.

use zen_core::serving::{Datatype, TensorSpec};

use super::ExportError;
use super::generated::tensor_proto::DataType;
use super::generated::tensor_shape_proto::{Dimension, dimension};
use super::generated::{TensorShapeProto, TypeProto, ValueInfoProto, type_proto};

/// The name of the open first dimension, the same in all inputs and outputs.
const BATCH: &str = "batch";

/// The declaration of a tensor whose sizes are known, but for the batch.
pub(super) fn value_info(spec: &TensorSpec) -> Result<ValueInfoProto, ExportError> {
    let Some(kind) = data_type(spec.datatype) else {
        return Err(ExportError::Shape(format!(
            "`{}` is of the type {}, which can't be written",
            spec.name, spec.datatype
        )));
    };
    let sizes = spec.shape.iter().map(|size| Dimension {
        value: Some(match size {
            -1 => dimension::Value::DimParam(BATCH.into()),
            size => dimension::Value::DimValue(*size),
        }),
        ..Default::default()
    });
    let tensor = type_proto::Tensor {
        elem_type: Some(kind.into()),
        shape: Some(TensorShapeProto { dim: sizes.collect() }),
    };
    Ok(ValueInfoProto {
        name: Some(spec.name.clone()),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// The format's number of a type.
pub(super) fn data_type(datatype: Datatype) -> Option<DataType> {
    Some(match datatype {
        Datatype::Bool => DataType::Bool,
        Datatype::Uint8 => DataType::Uint8,
        Datatype::Uint16 => DataType::Uint16,
        Datatype::Uint32 => DataType::Uint32,
        Datatype::Uint64 => DataType::Uint64,
        Datatype::Int8 => DataType::Int8,
        Datatype::Int16 => DataType::Int16,
        Datatype::Int32 => DataType::Int32,
        Datatype::Int64 => DataType::Int64,
        Datatype::Fp16 => DataType::Float16,
        Datatype::Fp32 => DataType::Float,
        Datatype::Fp64 => DataType::Double,
        Datatype::Bytes => DataType::String,
        _ => return None,
    })
}
