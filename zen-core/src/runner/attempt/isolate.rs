//! Making an attempt in a process of its own.

use super::*;
use crate::artifact::{ArtifactError, ErasedCodec};
use crate::graph::failure::chain;
use crate::graph::{
    Binding, ContextFacts, Elements, FailureKind, Isolation, Node, NodeKind, StepDefinition, StepEvents,
    StepFailure,
};
use crate::runner::core::RunCore;
use crate::runner::executor::TaskResult;
use crate::runner::state::{InputFrom, Task, TaskInput};
use crate::runner::worker::{Sent, SentValue, WorkerTask};

/// Encoded values up to this size that are at hand are handed over directly: there is nothing to be gained by reading them again.
const AT_HAND: usize = 1 << 20;

/// What a worker is to be told.
pub(super) struct Isolated {
    pub(super) isolation: Isolation,
    pub(super) inputs: Vec<Sent>,
}

impl RunCore {
    /// How the step's own process is to be set up; none when it runs in this one.
    pub(in crate::runner) fn isolation(&self, node: &Node, definition: &StepDefinition) -> Option<Isolation> {
        let isolation = self
            .settings
            .isolation
            .over(&node.options.isolation)
            .over(&definition.isolation);
        (isolation.process == Some(true) && definition.stays.is_none()).then_some(isolation)
    }

    /// Makes the attempt in a worker, and waits for its end.
    pub(super) fn execute_isolated(
        self: &Arc<Self>,
        task: Task,
        prepared: Prepared,
        isolated: Isolated,
        facts: ContextFacts,
        events: Arc<dyn StepEvents>,
        inputs: &[TaskInput],
    ) {
        let result = self.in_worker(&task, &prepared, isolated, facts, events);
        let lost = result.as_ref().err().and_then(|failure| failure.lost());
        let lost = lost.and_then(|name| inputs.iter().find(|input| input.name == name));
        if let (
            Some(TaskInput {
                name,
                from: InputFrom::Slot { slot, producer, .. },
            }),
            Err(failure),
            true,
        ) = (lost, &result, self.is_current(&task))
        {
            if let Some(timer) = &prepared.timer {
                timer.abort();
            }
            self.unregister(task.instance, task.attempt);
            return self.input_lost(&task, name, *producer, &slot.held, failure.message());
        }
        self.finish_attempt(task, prepared, result);
    }

    fn in_worker(
        &self,
        task: &Task,
        prepared: &Prepared,
        isolated: Isolated,
        facts: ContextFacts,
        events: Arc<dyn StepEvents>,
    ) -> TaskResult {
        let failed = |reason: String| StepFailure::new(FailureKind::Executor, reason);
        let no_program = |error| failed(format!("this program's executable can't be found: {error}"));
        let settings = &self.settings;
        let worker = WorkerTask {
            file: self.stack.program_file().map_err(no_program)?,
            program: self.stack.program_path().map_err(no_program)?,
            pipeline: settings.pipeline_path.clone().unwrap_or_default(),
            arguments: settings.arguments.clone(),
            graph: self.graph.hash(),
            node: task.node,
            facts,
            inputs: isolated.inputs,
            stack: self.stack.clone(),
            scratch_parent: settings.scratch.clone(),
            replace: prepared.miss.replace,
            isolation: isolated.isolation,
            events,
            cancel: Arc::clone(&prepared.cancel),
        };
        worker.execute()
    }

    /// The inputs, encoded or as objects that a worker can read. When one is lost, the step that made it runs again, or, failing that, the
    /// task fails; then there is nothing to go on with.
    pub(super) fn to_send(
        self: &Arc<Self>,
        task: &Task,
        node: &Node,
        inputs: &[TaskInput],
    ) -> Option<Vec<Sent>> {
        let mut sent = Vec::with_capacity(inputs.len());
        for (input, of) in inputs.iter().zip(&node.inputs) {
            let InputFrom::Slot { slot, producer, .. } = &input.from else {
                sent.push(self.parameter(input)?);
                continue;
            };
            let result = match (slot.element, self.elements(&of.binding)) {
                (Some(index), Some(elements)) => {
                    let loaded = self.load(task, std::slice::from_ref(input), false)?;
                    let vector = loaded.into_iter().next()?.value;
                    encoded(&slot.held.what, &elements.codec, || {
                        (elements.encode)(&*vector, index)
                    })
                }
                _ => self.whole(&slot.held),
            };
            match result {
                Ok((codec, version, value)) => sent.push(Sent {
                    name: input.name.clone(),
                    what: slot.held.what.clone(),
                    codec,
                    version,
                    value,
                }),
                Err(error) => {
                    self.input_lost(task, &input.name, *producer, &slot.held, &chain(&error));
                    return None;
                }
            }
        }
        Some(sent)
    }

    fn parameter(&self, input: &TaskInput) -> Option<Sent> {
        let InputFrom::Value(value) = &input.from else {
            return None;
        };
        Some(Sent {
            name: input.name.clone(),
            what: format!("parameter `{}`", input.name),
            codec: value.info.name.to_owned(),
            version: value.info.version,
            value: SentValue::Bytes(value.encoded.to_vec()),
        })
    }

    /// A whole artifact.
    fn whole(&self, held: &Held) -> Result<(String, u32, SentValue), ArtifactError> {
        if let Some(bytes) = held.encoded().filter(|bytes| bytes.len() <= AT_HAND) {
            return Ok((
                held.codec_name.clone(),
                held.codec_version,
                SentValue::Bytes(bytes.to_vec()),
            ));
        }
        let found = self.find_whole(held).or_else(|error| match error {
            // It may just have been on its way to the store. When it can't be stored, the run hears of it elsewhere.
            ArtifactError::Missing { .. } => {
                let _ = self.recorder().flush();
                self.find_whole(held)
            }
            error => Err(error),
        });
        Ok((held.codec_name.clone(), held.codec_version, found?))
    }

    fn find_whole(&self, held: &Held) -> Result<SentValue, ArtifactError> {
        let store = self.stack.artifacts();
        let value = if held.uri.starts_with("inline:") || store.for_another_process().is_none() {
            let bytes = crate::client::read_object(&self.stack, held.digest, &held.uri, &held.what)?;
            SentValue::Bytes(bytes.to_vec())
        } else {
            let Some(size) = store.size(held.digest)? else {
                return Err(ArtifactError::Missing {
                    what: held.what.clone(),
                    uri: held.uri.clone(),
                });
            };
            SentValue::Object {
                digest: held.digest,
                size,
            }
        };
        Ok(value)
    }

    /// How to look into the vector whose element an input is.
    fn elements(&self, binding: &Binding) -> Option<&Elements> {
        let Binding::Output(source) = binding else {
            return None;
        };
        let NodeKind::Element { each } = &self.graph.get(source.node).kind else {
            return None;
        };
        match &self.graph.get(*each).kind {
            NodeKind::Each { elements, .. } => Some(elements),
            _ => None,
        }
    }
}

fn encoded(
    what: &str,
    codec: &Arc<dyn ErasedCodec>,
    encode: impl FnOnce() -> Result<Vec<u8>, crate::artifact::CodecError>,
) -> Result<(String, u32, SentValue), ArtifactError> {
    let info = codec.info();
    let bytes = encode().map_err(|source| ArtifactError::Encode {
        what: format!("an element of {what}"),
        type_name: codec.type_name(),
        codec: info.name,
        source,
    })?;
    Ok((info.name.to_owned(), info.version, SentValue::Bytes(bytes)))
}
