//! What a node needs before its body can run: stored artifacts, the length of a vector, a condition.

use crate::artifact::{AnyValue, Digest};
use crate::graph::failure::chain;
use crate::graph::{Elements, FailureKind, LoadedInput, NodeKind, StepFailure};
use crate::metadata::Status;
use crate::runner::core::RunCore;
use crate::runner::held::Held;
use crate::runner::state::{InputFrom, Slot, Task, TaskInput};
use std::sync::Arc;

impl RunCore {
    pub(super) fn find_stored(self: &Arc<Self>, task: &Task) {
        let NodeKind::Stored { name, number, codec } = &self.graph.get(task.node).kind else {
            return;
        };
        match crate::client::find_artifact(self.stack.metadata().as_ref(), name, *number, codec.type_name()) {
            Ok(record) => {
                let held = Held::stored(&record, format!("artifact `{name}`"), Arc::clone(codec), None);
                let slot = Slot::from(Arc::new(held));
                self.state().succeed(task.instance, Status::Completed, vec![slot]);
            }
            Err(error) => {
                let place = self.graph.get(task.node).place();
                let message = format!("{place}: {}", chain(&error));
                self.fail_early(task, StepFailure::new(FailureKind::Storage, message));
            }
        }
    }

    pub(super) fn expand(
        self: &Arc<Self>,
        task: &Task,
        vector: &TaskInput,
        elements: &Elements,
        extract: Option<&Elements>,
    ) {
        let InputFrom::Slot { slot, .. } = &vector.from else {
            return;
        };
        let Some(loaded) = self.load(task, std::slice::from_ref(vector), false) else {
            return;
        };
        let Some(LoadedInput { value, element, .. }) = loaded.into_iter().next() else {
            return;
        };
        match elements_of(slot, value, element, elements, extract) {
            Ok((slot, digests)) => self.state().expand(task.instance, &slot, &digests),
            Err(failure) => self.fail_early(task, failure),
        }
    }

    pub(super) fn branch(self: &Arc<Self>, task: &Task, condition: &TaskInput) {
        let Some(loaded) = self.load(task, std::slice::from_ref(condition), false) else {
            return;
        };
        let taken = loaded
            .into_iter()
            .next()
            .and_then(|input| condition_of(&*input.value, input.element));
        match taken {
            Some(taken) => self.state().branch(task.instance, taken),
            None => self.fail_early(
                task,
                StepFailure::new(FailureKind::Storage, "the condition is no `bool`"),
            ),
        }
    }
}

/// The vector that an `each` goes through, and the digests of its elements. It may itself be an element of `extract`'s vector.
pub(in crate::runner) fn elements_of(
    slot: &Slot,
    value: AnyValue,
    element: Option<usize>,
    elements: &Elements,
    extract: Option<&Elements>,
) -> Result<(Slot, Vec<Digest>), StepFailure> {
    let storage = |reason: String| StepFailure::new(FailureKind::Storage, reason);
    let mut slot = slot.clone();
    let mut value = value;
    if let (Some(index), Some(outer)) = (element, extract) {
        value = (outer.extract)(&*value, index).map_err(|error| storage(chain(&error)))?;
        let codec = Arc::clone(&slot.held.codec);
        let held = Held::pinned(
            &slot.held,
            slot.held.what.clone(),
            slot.digest,
            codec,
            Arc::clone(&value),
        );
        slot.held = Arc::new(held);
    }
    let count = (elements.len)(&*value);
    let digest = |index| {
        (elements.digest)(&*value, index)
            .map_err(|error| storage(format!("element {index}: {}", chain(&error))))
    };
    Ok((slot, (0..count).map(digest).collect::<Result<_, _>>()?))
}

/// What the condition of a `when` says; none when it is no `bool`.
pub(in crate::runner) fn condition_of(
    value: &(dyn std::any::Any + Send + Sync),
    element: Option<usize>,
) -> Option<bool> {
    match element {
        None => value.downcast_ref::<bool>().copied(),
        Some(index) => value
            .downcast_ref::<Vec<bool>>()
            .and_then(|vector| vector.get(index).copied()),
    }
}
