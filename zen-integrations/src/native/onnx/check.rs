//! What a model's file says of itself, before the engine sees it.

use std::collections::BTreeSet;

use tract_onnx::pb::tensor_proto::{DataLocation, DataType};
use tract_onnx::pb::{GraphProto, ModelProto, TypeProto, ValueInfoProto, type_proto};
use zen_core::serving::Datatype;

use super::error::OnnxError;
use super::trees::check_trees;

/// An input or output as the file declares it.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) datatype: Datatype,
}

/// The inputs and outputs, when all that the file says can be served.
pub(super) fn declared(
    proto: &ModelProto,
    known: impl Fn(&str) -> bool,
) -> Result<(Vec<Declared>, Vec<Declared>), OnnxError> {
    let graph = proto
        .graph
        .as_ref()
        .ok_or_else(|| OnnxError::Malformed("the file holds no graph".into()))?;
    // Older files list the weights among the inputs.
    let weights: BTreeSet<&str> = graph
        .initializer
        .iter()
        .map(|tensor| tensor.name.as_str())
        .collect();
    let inputs = graph
        .input
        .iter()
        .filter(|input| !weights.contains(input.name.as_str()));
    let inputs = inputs.map(input).collect::<Result<Vec<_>, _>>()?;
    let outputs = graph.output.iter().map(output).collect::<Result<Vec<_>, _>>()?;
    for (what, all) in [("input", &inputs), ("output", &outputs)] {
        let mut names = BTreeSet::new();
        if let Some(twice) = all.iter().find(|one| !names.insert(one.name.as_str())) {
            return Err(OnnxError::Malformed(format!(
                "there are two {what}s `{}`",
                twice.name
            )));
        }
        if all.is_empty() {
            return Err(OnnxError::Malformed(format!("it has no {what}s")));
        }
    }
    let mut unknown = BTreeSet::new();
    check_graph(graph, &known, &mut unknown)?;
    if !unknown.is_empty() {
        let names: Vec<_> = unknown.into_iter().collect();
        return Err(OnnxError::Operators(names.join(", ")));
    }
    Ok((inputs, outputs))
}

fn input(info: &ValueInfoProto) -> Result<Declared, OnnxError> {
    let tensor = tensor(info).ok_or_else(|| OnnxError::InputKind(info.name.clone()))?;
    if tensor.shape.is_none() {
        return Err(OnnxError::Shape(info.name.clone()));
    }
    one(info, tensor)
}

fn output(info: &ValueInfoProto) -> Result<Declared, OnnxError> {
    let tensor = tensor(info).ok_or_else(|| OnnxError::OutputKind(info.name.clone()))?;
    one(info, tensor)
}

/// The engine's reader knows no other types than tensors: the others have no value.
fn tensor(info: &ValueInfoProto) -> Option<&type_proto::Tensor> {
    let TypeProto { value, .. } = info.r#type.as_ref()?;
    value.as_ref().map(|type_proto::Value::TensorType(tensor)| tensor)
}

fn one(info: &ValueInfoProto, tensor: &type_proto::Tensor) -> Result<Declared, OnnxError> {
    let kind = DataType::try_from(tensor.elem_type);
    let datatype = kind.ok().and_then(datatype).ok_or_else(|| OnnxError::Datatype {
        name: info.name.clone(),
        datatype: match kind {
            Ok(kind) => kind.as_str_name().to_owned(),
            Err(_) => format!("number {}", tensor.elem_type),
        },
    })?;
    Ok(Declared {
        name: info.name.clone(),
        datatype,
    })
}

fn datatype(kind: DataType) -> Option<Datatype> {
    Some(match kind {
        DataType::Bool => Datatype::Bool,
        DataType::Uint8 => Datatype::Uint8,
        DataType::Uint16 => Datatype::Uint16,
        DataType::Uint32 => Datatype::Uint32,
        DataType::Uint64 => Datatype::Uint64,
        DataType::Int8 => Datatype::Int8,
        DataType::Int16 => Datatype::Int16,
        DataType::Int32 => Datatype::Int32,
        DataType::Int64 => Datatype::Int64,
        DataType::Float16 => Datatype::Fp16,
        DataType::Float => Datatype::Fp32,
        DataType::Double => Datatype::Fp64,
        DataType::String => Datatype::Bytes,
        _ => return None,
    })
}

/// Also the graphs inside the graph. The reader has bounded how deep they are nested.
fn check_graph(
    graph: &GraphProto,
    known: &impl Fn(&str) -> bool,
    unknown: &mut BTreeSet<String>,
) -> Result<(), OnnxError> {
    let attributes = || graph.node.iter().flat_map(|node| &node.attribute);
    let constants = attributes().filter_map(|attribute| attribute.t.as_ref());
    for tensor in graph.initializer.iter().chain(constants) {
        if tensor.data_location == Some(DataLocation::External as i32) {
            return Err(OnnxError::External(tensor.name.clone()));
        }
    }
    for node in &graph.node {
        if !known(&node.op_type) {
            unknown.insert(node.op_type.clone());
        }
        if node.op_type == "TreeEnsembleClassifier" {
            let told = |reason| OnnxError::Malformed(format!("the trees `{}`: {reason}", node.name));
            check_trees(node).map_err(told)?;
        }
    }
    for attribute in attributes() {
        for inner in attribute.g.iter().chain(&attribute.graphs) {
            check_graph(inner, known, unknown)?;
        }
    }
    Ok(())
}
