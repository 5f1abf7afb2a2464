//! The graph that the current thread is building. A pipeline's body is ordinary Rust, so the calls in it find their
//! graph here.

use std::cell::RefCell;
use std::sync::Arc;

use super::building::Building;
use super::node::CallOptions;
use super::{GraphError, InputSource, NodeHandle, OutputRef, Place, StepDefinition, StepOutput};
use crate::artifact::ErasedCodec;

thread_local! {
    /// A stack, because a pipeline's body may build another pipeline as a value.
    static BUILDING: RefCell<Vec<Building>> = const { RefCell::new(Vec::new()) };
}

/// Runs `body` with `building` as the current graph and gives it back, also when the body panics.
pub(crate) fn build<R>(building: Building, body: impl FnOnce() -> R) -> (R, Option<Building>) {
    struct Pop(bool);
    impl Drop for Pop {
        fn drop(&mut self) {
            if self.0 {
                BUILDING.with_borrow_mut(Vec::pop);
            }
        }
    }
    BUILDING.with_borrow_mut(|stack| stack.push(building));
    let mut pop = Pop(true);
    let result = body();
    pop.0 = false;
    (result, BUILDING.with_borrow_mut(Vec::pop))
}

/// The current graph, if any.
pub(crate) fn with<R>(use_it: impl FnOnce(&mut Building) -> R) -> Option<R> {
    BUILDING.with_borrow_mut(|stack| stack.last_mut().map(use_it))
}

/// Adds a step's node to the current graph.
#[doc(hidden)]
#[track_caller]
pub fn add_step<O: StepOutput>(definition: StepDefinition, inputs: Vec<InputSource>) -> O::Handles {
    let place = Place::caller();
    // Outside a pipeline there is nowhere to report to: the handle itself carries the mistake to its first use.
    let node = with(|building| building.add_step(definition, inputs, place)).unwrap_or(ORPHAN);
    O::handles(node)
}

/// The node of a step that was called outside any pipeline.
pub(crate) const ORPHAN: NodeHandle = NodeHandle { graph: 0, node: 0 };

/// Runs the body of a sub-pipeline in the current graph.
#[doc(hidden)]
pub fn inline<R>(_name: &'static str, body: impl FnOnce() -> R) -> R {
    body()
}

pub(crate) fn rename(node: NodeHandle, name: String, place: Place) {
    with(|building| building.rename(node, name, place));
}

pub(crate) fn configure(node: NodeHandle, place: Place, change: impl FnOnce(&mut CallOptions)) {
    with(|building| {
        if let Some(id) = building.own(node, place) {
            change(&mut building.node_mut(id).options);
        }
    });
}

pub(crate) fn after(node: NodeHandle, other: NodeHandle, place: Place) {
    with(|building| building.after(node, other, place));
}

pub(crate) fn set_codec(output: OutputRef, codec: Arc<dyn ErasedCodec>, place: Place) {
    with(|building| building.set_codec(output, codec, place));
}

pub(crate) fn publish(output: OutputRef, name: String, place: Place) {
    with(|building| building.publish(output, name, place));
}

pub(crate) fn log_output(output: OutputRef, place: Place) {
    with(|building| building.log_output(output, place));
}

pub(crate) fn fail(error: GraphError) {
    with(|building| building.fail(error));
}
