//! Names of dimensions that the engine must not see.

use tract_onnx::pb::tensor_shape_proto::dimension;
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{GraphProto, TypeProto};

/// The engine reads a dimension's name as an expression, by recursion, and would run out of stack.
const LONGEST: usize = 256;
const DEEPEST: usize = 16;

/// Makes dimensions whose names are deep expressions ones without a name, as the engine does with names it can't read.
pub(super) fn forget_deep_names(graph: &mut GraphProto) {
    let values = graph
        .input
        .iter_mut()
        .chain(&mut graph.output)
        .chain(&mut graph.value_info);
    let types = values.filter_map(|info| info.r#type.as_mut());
    let shapes = types.filter_map(|TypeProto { value, .. }| {
        value
            .as_mut()
            .and_then(|Value::TensorType(tensor)| tensor.shape.as_mut())
    });
    for dimension in shapes.flat_map(|shape| &mut shape.dim) {
        if let Some(dimension::Value::DimParam(name)) = &dimension.value
            && (name.len() > LONGEST || name.matches(['(', '-']).count() > DEEPEST)
        {
            dimension.value = None;
        }
    }
    // Graphs inside the graph: reading has bounded how deep they are nested.
    for attribute in graph.node.iter_mut().flat_map(|node| &mut node.attribute) {
        attribute
            .g
            .iter_mut()
            .chain(&mut attribute.graphs)
            .for_each(forget_deep_names);
    }
}
