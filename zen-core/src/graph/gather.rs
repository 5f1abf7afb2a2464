//! Lists of handles as one input.

use super::{Artifact, InputSource, NodeHandle, Place, StepDefinition, ambient};
use crate::artifact::Materialize;

/// Makes one artifact of a list of artifacts, in the list's order.
///
/// ```
/// use zen_core::prelude::*;
///
/// #[step]
/// fn train(learning_rate: f64) -> f64 { learning_rate * 2.0 }
/// #[step]
/// fn best(scores: &[f64]) -> f64 { scores.iter().copied().fold(f64::MIN, f64::max) }
///
/// #[pipeline]
/// fn search() -> Artifact<f64> {
///     let scores = [0.1, 0.2, 0.3].map(|rate| train(rate));
///     best(gather(scores))
/// }
/// # let _ = search().graph().unwrap();
/// ```
#[track_caller]
pub fn gather<T>(handles: impl IntoIterator<Item = Artifact<T>>) -> Artifact<Vec<T>>
where
    T: Materialize,
    Vec<T>: Materialize,
{
    let place = Place::caller();
    let inputs: Vec<_> = handles
        .into_iter()
        .map(|handle| InputSource::Handle(handle.reference))
        .collect();
    let mut definition = StepDefinition::new("gather", "zen::gather", "1");
    for index in 0..inputs.len() {
        definition = definition.input_any::<T>(index.to_string());
    }
    let definition = definition.dynamic(vec![super::OutputSpec::of::<Vec<T>>("output")], |inputs| {
        let values: Result<Vec<T>, _> = (0..inputs.len())
            .map(|index| inputs.take::<T>(index)?.into_collected())
            .collect();
        Ok(vec![super::OutputValue::new(values?)])
    });
    let node: Option<NodeHandle> = ambient::with(|building| building.add_step(definition, inputs, place));
    node.unwrap_or(ambient::ORPHAN).output(0)
}
