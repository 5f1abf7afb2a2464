//! Loading inputs, and recording where they came from.

use crate::artifact::{AnyValue, ArtifactError};
use crate::graph::failure::chain;
use crate::graph::{FailureKind, LoadedInput, Node, StepFailure};
use crate::metadata::{Change, Edge};
use crate::runner::core::RunCore;
use crate::runner::held::Held;
use crate::runner::state::{InputFrom, Task, TaskInput};
use std::sync::Arc;

impl RunCore {
    /// Loads inputs. When one can't be read, the step that made it runs again, or, failing that, the task fails; then
    /// there is nothing to go on with.
    pub(super) fn load(
        self: &Arc<Self>,
        task: &Task,
        inputs: &[TaskInput],
        last: bool,
    ) -> Option<Vec<LoadedInput>> {
        let mut loaded = Vec::with_capacity(inputs.len());
        for input in inputs {
            let value: Result<AnyValue, _> = match &input.from {
                InputFrom::Value(value) => Ok(Arc::clone(&value.value)),
                InputFrom::Slot {
                    slot,
                    producer,
                    last: only,
                } => {
                    let load = || slot.held.load(&self.stack, last && *only);
                    let retry = |error| match self.recorder().flush() {
                        // It may just have been on its way to the store.
                        Ok(()) => load(),
                        Err(_) => Err(error),
                    };
                    load()
                        .or_else(retry)
                        .map_err(|error| (*producer, &slot.held, error))
                }
            };
            let element = match &input.from {
                InputFrom::Slot { slot, .. } => slot.element,
                InputFrom::Value(_) => None,
            };
            match value {
                Ok(value) => loaded.push(LoadedInput {
                    name: input.name.clone(),
                    value,
                    element,
                }),
                Err((producer, lost, error)) => {
                    self.input_lost(task, &input.name, producer, lost, &chain(&error));
                    return None;
                }
            }
        }
        Some(loaded)
    }

    pub(super) fn input_lost(
        self: &Arc<Self>,
        task: &Task,
        input: &str,
        producer: usize,
        lost: &Arc<Held>,
        error: &str,
    ) {
        let reason = format!("its stored output can't be read: {error}");
        let again = self.state().make_again(task.instance, producer, lost, reason);
        if !again {
            let message = format!("input `{input}` can't be loaded: {error}");
            self.fail_early(task, StepFailure::new(FailureKind::Storage, message));
        }
    }

    pub(super) fn edges(inputs: &[TaskInput]) -> Vec<Edge> {
        let edge = |input: &TaskInput| match &input.from {
            InputFrom::Slot { slot, .. } => Some(Edge {
                name: input.name.clone(),
                artifact: slot.artifact,
                element: slot.artifact_element.map(|element| element as u64),
            }),
            InputFrom::Value(_) => None,
        };
        inputs.iter().filter_map(edge).collect()
    }

    /// A parameter too large for a row becomes an artifact that the step reads.
    pub(super) fn store_large_parameters(
        &self,
        node: &Node,
        inputs: &[TaskInput],
    ) -> Result<(Vec<Edge>, Vec<Change>), ArtifactError> {
        let mut edges = Self::edges(inputs);
        let mut changes = Vec::new();
        for input in inputs {
            let InputFrom::Value(value) = &input.from else {
                continue;
            };
            if value.encoded.len() <= self.stack.artifacts().inline_limit() {
                continue;
            }
            self.stack
                .put_object(value.digest, value.encoded.clone(), false)?;
            let name = format!("{}.{}.{}", self.settings.pipeline, node.name(), input.name);
            let mut record =
                self.artifact_record(crate::ids::next(), name, value.digest, value.encoded.len() as u64);
            record.describe(value.codec.type_name(), value.info, value.description.clone());
            record.uri = self.stack.artifacts().uri(value.digest);
            record.producer_run = Some(self.settings.run);
            edges.push(Edge {
                name: input.name.clone(),
                artifact: record.id,
                element: None,
            });
            changes.push(Change::Artifact(Box::new(record)));
        }
        Ok((edges, changes))
    }

    /// The edges to artifacts that exist: those of large parameters are written only with a step that succeeds.
    pub(super) fn recorded_inputs(inputs: &[Edge], parameters: &[Change]) -> Vec<Edge> {
        let unwritten = |edge: &Edge| {
            parameters
                .iter()
                .any(|change| matches!(change, Change::Artifact(record) if record.id == edge.artifact))
        };
        inputs.iter().filter(|edge| !unwritten(edge)).cloned().collect()
    }
}
