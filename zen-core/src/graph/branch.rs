//! Fan-out over a vector (`each`) and branches (`when`).

use std::sync::Arc;

use super::node::{Binding, Elements, NodeInput, NodeKind, Source};
use super::{
    Artifact, InputSource, Inputs, IntoInput, NodeHandle, OutputRef, OutputSpec, OutputValue, Place,
    StepDefinition, StepFailure, ambient,
};
use crate::artifact::Materialize;

/// What the closure of an `each` or a `when` may return: the handle of one output, a tuple of up to six, or nothing.
#[diagnostic::on_unimplemented(
    message = "the closure of `each` or `when` can't return `{Self}`",
    label = "expected a handle, a tuple of handles, or nothing",
    note = "return the `Artifact<T>` handles that are needed outside; of a handle struct, its fields: `(split.x, split.y)`",
    note = "`T` must be storable inside a `Vec` (each) and an `Option` (when), which every serde type is"
)]
pub trait BranchOutput: Sized {
    /// What `each` returns.
    type Each;
    /// What `when` returns.
    type When;

    #[doc(hidden)]
    fn references(&self) -> Vec<OutputRef>;
    #[doc(hidden)]
    fn each_specs() -> Vec<OutputSpec>;
    #[doc(hidden)]
    fn when_specs() -> Vec<OutputSpec>;
    /// Collects the results of `count` elements: first all of the first handle, then all of the second..
    #[doc(hidden)]
    fn collect(inputs: &mut Inputs, count: usize) -> Result<Vec<OutputValue>, StepFailure>;
    /// Wraps the results of a branch that was taken.
    #[doc(hidden)]
    fn some(inputs: &mut Inputs) -> Result<Vec<OutputValue>, StepFailure>;
    /// What a branch that wasn't taken gives.
    #[doc(hidden)]
    fn none() -> Vec<OutputValue>;
    #[doc(hidden)]
    fn each_handles(node: NodeHandle) -> Self::Each;
    #[doc(hidden)]
    fn when_handles(node: NodeHandle) -> Self::When;
}

fn collect_from<T: Materialize>(
    inputs: &mut Inputs,
    from: usize,
    count: usize,
) -> Result<OutputValue, StepFailure> {
    let values: Result<Vec<T>, _> = (from..from + count)
        .map(|index| inputs.take::<T>(index)?.into_collected())
        .collect();
    Ok(OutputValue::new(values?))
}

impl<T> BranchOutput for Artifact<T>
where
    T: Materialize,
    Vec<T>: Materialize,
    Option<T>: Materialize,
{
    type Each = Artifact<Vec<T>>;
    type When = Artifact<Option<T>>;

    fn references(&self) -> Vec<OutputRef> {
        vec![self.reference]
    }

    fn each_specs() -> Vec<OutputSpec> {
        vec![OutputSpec::of::<Vec<T>>("output")]
    }

    fn when_specs() -> Vec<OutputSpec> {
        vec![OutputSpec::of::<Option<T>>("output")]
    }

    fn collect(inputs: &mut Inputs, count: usize) -> Result<Vec<OutputValue>, StepFailure> {
        Ok(vec![collect_from::<T>(inputs, 0, count)?])
    }

    fn some(inputs: &mut Inputs) -> Result<Vec<OutputValue>, StepFailure> {
        Ok(vec![OutputValue::new(Some(
            inputs.take::<T>(0)?.into_collected()?,
        ))])
    }

    fn none() -> Vec<OutputValue> {
        vec![OutputValue::new(None::<T>)]
    }

    fn each_handles(node: NodeHandle) -> Self::Each {
        node.output(0)
    }

    fn when_handles(node: NodeHandle) -> Self::When {
        node.output(0)
    }
}

impl BranchOutput for () {
    type Each = Artifact<Vec<()>>;
    type When = Artifact<Option<()>>;

    fn references(&self) -> Vec<OutputRef> {
        Vec::new()
    }

    fn each_specs() -> Vec<OutputSpec> {
        vec![OutputSpec::of::<Vec<()>>("output")]
    }

    fn when_specs() -> Vec<OutputSpec> {
        vec![OutputSpec::of::<Option<()>>("output")]
    }

    fn collect(_: &mut Inputs, count: usize) -> Result<Vec<OutputValue>, StepFailure> {
        Ok(vec![OutputValue::new(vec![(); count])])
    }

    fn some(_: &mut Inputs) -> Result<Vec<OutputValue>, StepFailure> {
        Ok(vec![OutputValue::new(Some(()))])
    }

    fn none() -> Vec<OutputValue> {
        vec![OutputValue::new(None::<()>)]
    }

    fn each_handles(node: NodeHandle) -> Self::Each {
        node.output(0)
    }

    fn when_handles(node: NodeHandle) -> Self::When {
        node.output(0)
    }
}

macro_rules! tuple_branch {
    ($($type:ident $index:tt),+) => {
        impl<$($type),+> BranchOutput for ($(Artifact<$type>,)+)
        where
            $($type: Materialize, Vec<$type>: Materialize, Option<$type>: Materialize,)+
        {
            type Each = ($(Artifact<Vec<$type>>,)+);
            type When = ($(Artifact<Option<$type>>,)+);

            fn references(&self) -> Vec<OutputRef> {
                vec![$(self.$index.reference),+]
            }

            fn each_specs() -> Vec<OutputSpec> {
                vec![$(OutputSpec::of::<Vec<$type>>(concat!("output_", $index))),+]
            }

            fn when_specs() -> Vec<OutputSpec> {
                vec![$(OutputSpec::of::<Option<$type>>(concat!("output_", $index))),+]
            }

            fn collect(inputs: &mut Inputs, count: usize) -> Result<Vec<OutputValue>, StepFailure> {
                Ok(vec![$(collect_from::<$type>(inputs, $index * count, count)?),+])
            }

            fn some(inputs: &mut Inputs) -> Result<Vec<OutputValue>, StepFailure> {
                Ok(vec![$(OutputValue::new(Some(inputs.take::<$type>($index)?.into_collected()?))),+])
            }

            fn none() -> Vec<OutputValue> {
                vec![$(OutputValue::new(None::<$type>)),+]
            }

            fn each_handles(node: NodeHandle) -> Self::Each {
                ($(node.output::<Vec<$type>>($index),)+)
            }

            fn when_handles(node: NodeHandle) -> Self::When {
                ($(node.output::<Option<$type>>($index),)+)
            }
        }
    };
}

tuple_branch!(A 0);
tuple_branch!(A 0, B 1);
tuple_branch!(A 0, B 1, C 2);
tuple_branch!(A 0, B 1, C 2, D 3);
tuple_branch!(A 0, B 1, C 2, D 3, E 4);
tuple_branch!(A 0, B 1, C 2, D 3, E 4, F 5);

/// Runs the steps of `branch` only when `condition` turns out true.
///
/// The closure is called once, while the graph is built. What it returns comes back with `Option` around it: `Some` when the
/// branch was taken, else `None`, in which case its steps are recorded as skipped. The skip ends there: steps that read the
/// `Option` run and see `None`, and steps that only wait for the branch (`.after`) run too. Steps inside may use
/// handles from outside; steps made inside can be used outside only through what the closure returns.
///
/// ```
/// use zen_core::prelude::*;
///
/// #[step]
/// fn decide() -> bool { false }
/// #[step]
/// fn deploy() -> String { "http://..".into() }
/// #[step]
/// fn report(url: &Option<String>) -> String { format!("deployed: {url:?}") }
///
/// #[pipeline]
/// fn deployment() -> Artifact<String> {
///     let url = when(decide(), || deploy());
///     report(url)
/// }
/// # let _ = deployment().graph().unwrap();
/// ```
#[track_caller]
pub fn when<R: BranchOutput>(condition: impl IntoInput<bool>, branch: impl FnOnce() -> R) -> R::When {
    let place = Place::caller();
    let condition = condition.into_input();
    let node = ambient::with(|building| {
        let id = building.add_node(
            "when".into(),
            NodeKind::When {
                body: 0,
                results: Vec::new(),
            },
            place,
        );
        let input = condition_binding(building, condition, place);
        let body = building.enter(id);
        (id, body, input)
    });
    let results = branch();
    let Some((id, body, input)) = node else {
        return R::when_handles(ambient::ORPHAN);
    };
    let handle = ambient::with(|building| {
        let results = inner(building, &results.references(), place);
        building.leave();
        let definition = StepDefinition::new("when", "zen::when", "1").dynamic(R::when_specs(), |inputs| {
            if inputs.len() == 0 {
                Ok(R::none())
            } else {
                R::some(inputs)
            }
        });
        building.define(id, definition, input.into_iter().collect());
        building.node_mut(id).kind = NodeKind::When { body, results };
        NodeHandle {
            graph: building.graph,
            node: id,
        }
    });
    R::when_handles(handle.unwrap_or(ambient::ORPHAN))
}

impl<T> Artifact<Vec<T>>
where
    T: Materialize,
{
    /// Runs the steps of `body` once for every element of the vector, in parallel.
    ///
    /// The closure is called once, while the graph is built, with a handle of the element; every element's steps have
    /// cache keys of their own, so that one changed element runs alone. The results come back as vectors, in the
    /// vector's order. `each` may be nested. Steps of element 3 are recorded as `score[3]`.
    ///
    /// ```
    /// use zen_core::prelude::*;
    ///
    /// #[step]
    /// fn shards() -> Vec<u32> { vec![1, 2, 3] }
    /// #[step]
    /// fn square(x: u32) -> u32 { x * x }
    /// #[step]
    /// fn sum(xs: &[u32]) -> u32 { xs.iter().sum() }
    ///
    /// #[pipeline]
    /// fn sum_of_squares() -> Artifact<u32> {
    ///     sum(shards().each(|x| square(x)))
    /// }
    /// # let _ = sum_of_squares().graph().unwrap();
    /// ```
    #[track_caller]
    pub fn each<R: BranchOutput>(self, body: impl FnOnce(Artifact<T>) -> R) -> R::Each {
        let place = Place::caller();
        let vector = self.reference;
        let node = ambient::with(|building| {
            let source = building.resolve(vector, place);
            let kind = NodeKind::Each {
                body: 0,
                results: Vec::new(),
                elements: Elements::of::<T>(),
            };
            let id = building.add_node("each".into(), kind, place);
            let scope = building.enter(id);
            let element = building.add_node("element".into(), NodeKind::Element { each: id }, place);
            let codec = crate::artifact::codec_of::<T>();
            building.node_mut(element).outputs = vec![super::node::NodeOutput {
                name: "output".into(),
                codec,
                artifact: None,
                logged: false,
            }];
            (
                id,
                scope,
                source,
                NodeHandle {
                    graph: building.graph,
                    node: element,
                },
            )
        });
        let element = node
            .as_ref()
            .map_or(ambient::ORPHAN, |(_, _, _, element)| *element);
        let results = body(element.output(0));
        let Some((id, scope, source, _)) = node else {
            return R::each_handles(ambient::ORPHAN);
        };
        let handle = ambient::with(|building| {
            let references = results.references();
            let handles = references.len().max(1);
            let results = inner(building, &references, place);
            building.leave();
            let definition = StepDefinition::new("each", "zen::each", "1")
                .dynamic(R::each_specs(), move |inputs| {
                    R::collect(inputs, inputs.len() / handles)
                });
            let input = source.map(|source| NodeInput {
                name: "vector".into(),
                binding: Binding::Output(source),
            });
            building.define(id, definition, input.into_iter().collect());
            building.node_mut(id).kind = NodeKind::Each {
                body: scope,
                results,
                elements: Elements::of::<T>(),
            };
            NodeHandle {
                graph: building.graph,
                node: id,
            }
        });
        R::each_handles(handle.unwrap_or(ambient::ORPHAN))
    }
}

fn condition_binding(
    building: &mut super::building::Building,
    input: InputSource,
    place: Place,
) -> Option<NodeInput> {
    let binding = match input {
        InputSource::Handle(reference) => Binding::Output(building.resolve(reference, place)?),
        InputSource::Value(value) => Binding::Value(Arc::clone(&value)),
        InputSource::Broken(_) => return None,
    };
    Some(NodeInput {
        name: "condition".into(),
        binding,
    })
}

/// Checks what a closure returned, still inside its scope.
fn inner(building: &mut super::building::Building, references: &[OutputRef], place: Place) -> Vec<Source> {
    references
        .iter()
        .filter_map(|reference| building.resolve(*reference, place))
        .collect()
}
