//! What a model's outputs must look like.

use std::fmt::Debug;

use zen_core::serving::{Datatype, TensorSpec};

use super::ExportError;
use super::graph::{Graph, Value};
use super::real::Real;

/// The outputs with what each of them says. The names must be the same, in the same order.
pub(super) fn matched<M>(
    outputs: &[TensorSpec],
    says: impl IntoIterator<Item = (impl AsRef<str>, M)>,
) -> Result<Vec<(TensorSpec, M)>, ExportError> {
    let (names, says): (Vec<_>, Vec<_>) = says.into_iter().unzip();
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    let expected: Vec<_> = outputs.iter().map(|spec| spec.name.as_str()).collect();
    if names.is_empty() {
        return Err(ExportError::Shape("it has no outputs".into()));
    }
    if names != expected {
        return Err(ExportError::Shape(format!(
            "the outputs are said to be {names:?}, and the model's are {expected:?}"
        )));
    }
    Ok(outputs.iter().cloned().zip(says).collect())
}

/// An output of one element a row.
pub(super) fn single(spec: &TensorSpec, what: impl Debug) -> Result<TensorSpec, ExportError> {
    match spec.shape.as_slice() {
        [-1] => Ok(spec.clone()),
        other => Err(ExportError::Shape(format!(
            "output `{}` has the shape {other:?}; as `{what:?}` it must be [-1]",
            spec.name
        ))),
    }
}

/// An output of so many elements a row; it may leave the number open.
pub(super) fn several(spec: &TensorSpec, size: usize, what: impl Debug) -> Result<TensorSpec, ExportError> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    match spec.shape.as_slice() {
        [-1, found] if *found == -1 || *found == size => Ok(TensorSpec {
            shape: vec![-1, size],
            ..spec.clone()
        }),
        other => Err(ExportError::Shape(format!(
            "output `{}` has the shape {other:?}; as `{what:?}` it must be [-1, {size}]",
            spec.name
        ))),
    }
}

/// An output of numbers that may have fractions.
pub(super) fn real(spec: &TensorSpec, what: impl Debug) -> Result<(), ExportError> {
    match spec.datatype {
        Datatype::Fp32 | Datatype::Fp64 => Ok(()),
        other => Err(ExportError::Shape(format!(
            "output `{}` is of the type {other}; as `{what:?}` it must be FP32 or FP64",
            spec.name
        ))),
    }
}

/// Writes an output whose value was computed in the model's type.
pub(super) fn write_real<T: Real>(graph: &mut Graph, spec: &TensorSpec, value: &Value) {
    let value = graph.cast(value, T::DATATYPE, spec.datatype);
    graph.output(spec, &value);
}
