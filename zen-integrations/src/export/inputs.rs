//! From a model's inputs to its features.

use zen_core::serving::{Datatype, TensorSpec};

use super::ExportError;
use super::graph::{Graph, Value, integer};
use super::real::Real;

/// The inputs with all their sizes known, when together they are so many features. One of them may leave its size open.
pub(super) fn closed(inputs: &[TensorSpec], features: usize) -> Result<Vec<TensorSpec>, ExportError> {
    let shape = |reason: String| Err(ExportError::Shape(reason));
    if inputs.is_empty() {
        return shape("it has no inputs".into());
    }
    let mut known: i64 = 0;
    let mut open = None;
    for (place, spec) in inputs.iter().enumerate() {
        if matches!(spec.datatype, Datatype::Bytes | Datatype::Bf16) {
            return shape(format!(
                "input `{}` is of the type {}, and the model's features are numbers",
                spec.name, spec.datatype
            ));
        }
        match spec.shape.as_slice() {
            [-1] => known = known.saturating_add(1),
            [-1, -1] if open.is_none() => open = Some(place),
            [-1, -1] => {
                return shape(format!(
                    "the inputs `{}` and `{}` both leave their size open: say the sizes in the predictor's `inputs`",
                    inputs[open.unwrap_or_default()].name,
                    spec.name
                ));
            }
            [-1, size] if *size > 0 => known = known.saturating_add(*size),
            other => {
                return shape(format!(
                    "input `{}` has the shape {other:?}; it must be [-1], or [-1, k] with k features",
                    spec.name
                ));
            }
        }
    }
    let mut closed = inputs.to_vec();
    let features = i64::try_from(features).unwrap_or(i64::MAX);
    match open {
        Some(place) if known < features => closed[place].shape = vec![-1, features - known],
        None if known == features => {}
        _ => {
            let names: Vec<_> = inputs
                .iter()
                .map(|spec| format!("`{}` {:?}", spec.name, spec.shape))
                .collect();
            return shape(format!(
                "the model has {features} features, which are not those of its inputs: {}",
                names.join(", ")
            ));
        }
    }
    Ok(closed)
}

/// The features, [batch, features], in the type that the model computes with.
pub(super) fn features<T: Real>(graph: &mut Graph, inputs: &[TensorSpec]) -> Value {
    let mut parts = Vec::with_capacity(inputs.len());
    for spec in inputs {
        let input = graph.input(spec);
        let number = graph.cast(&input, spec.datatype, T::DATATYPE);
        parts.push(match spec.shape.len() {
            1 => graph.unsqueeze(&number),
            _ => number,
        });
    }
    match parts.as_slice() {
        [only] => only.clone(),
        several => {
            let several: Vec<_> = several.iter().collect();
            graph.node("Concat", &several, vec![integer("axis", 1)])
        }
    }
}
