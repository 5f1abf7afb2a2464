//! Encoding what a body made, and sending it to the store.

use super::*;
use crate::artifact::{AnyValue, ArtifactError, Body, Description, Digest};
use crate::graph::failure::chain;
use crate::graph::{FailureKind, Node, NodeOutput, StepFailure};
use crate::metadata::{ArtifactRecord, Change};
use crate::runner::core::RunCore;
use crate::runner::executor::ProducedOutput;
use crate::runner::held::Held;
use crate::runner::pool;
use crate::runner::recorder::Upload;
use crate::runner::state::Task;
use std::sync::Arc;
use uuid::Uuid;

impl RunCore {
    pub(super) fn artifact_name(&self, node: &Node, output: &NodeOutput) -> String {
        match &output.artifact {
            Some(name) => name.clone(),
            None if node.outputs.len() == 1 && output.name == "output" => {
                format!("{}.{}", self.settings.pipeline, node.name())
            }
            None => format!("{}.{}.{}", self.settings.pipeline, node.name(), output.name),
        }
    }

    pub(super) fn artifact_record(
        &self,
        id: Uuid,
        name: String,
        digest: Digest,
        size: u64,
    ) -> ArtifactRecord {
        ArtifactRecord::new(id, name, digest, size, self.now())
    }

    /// Encodes what the body made and sends it on its way to the store.
    pub(super) fn store_outputs(
        self: &Arc<Self>,
        task: &Task,
        prepared: &Prepared,
        outputs: Vec<ProducedOutput>,
    ) -> Result<Stored, StepFailure> {
        let node = self.graph.get(task.node);
        if outputs.len() != node.outputs.len() {
            let message = format!(
                "it made {} outputs instead of {}",
                outputs.len(),
                node.outputs.len()
            );
            return Err(StepFailure::new(FailureKind::Executor, message));
        }
        let mut stored = Stored::default();
        let mut large = Vec::new();
        for ((produced, output), id) in outputs.into_iter().zip(&node.outputs).zip(&prepared.outputs) {
            let what = format!("output `{}` of `{}`", output.name, task.name);
            let encoded = self.encode(produced, output, &what)?;
            let name = self.artifact_name(node, output);
            let mut record = self.artifact_record(*id, name, encoded.digest, encoded.size);
            record.describe(output.codec.type_name(), output.codec.info(), encoded.description);
            record.producer_run = Some(self.settings.run);
            record.producer_step = Some(task.step);
            record.tags = node.options.tags.clone();
            let inline = match &encoded.body {
                Some(Body::Bytes(bytes)) if bytes.len() <= self.stack.artifacts().inline_limit() => {
                    Some(bytes)
                }
                _ => None,
            };
            record.uri = match inline {
                Some(_) => format!("inline:{}", encoded.digest),
                None => self.stack.artifacts().uri(encoded.digest),
            };
            if let Some(bytes) = inline {
                let (digest, bytes) = (encoded.digest, bytes.to_vec());
                stored.changes.push(match prepared.miss.replace {
                    false => Change::Object { digest, bytes },
                    true => Change::ReplaceObject { digest, bytes },
                });
            }
            let is_inline = inline.is_some();
            if !is_inline && !encoded.to_upload {
                self.keep_stored(&what, encoded.digest)?;
            }
            let codec = Arc::clone(&output.codec);
            let held = match encoded.body.clone() {
                Some(body) => Held::made(&record, what, codec, encoded.value, body),
                None => Held::stored(&record, what, codec, encoded.value),
            };
            let held = Arc::new(held);
            if !is_inline && !encoded.to_upload {
                held.is_durable();
            }
            if let (false, true, Some(body)) = (is_inline, encoded.to_upload, encoded.body) {
                large.push((Arc::clone(&held), encoded.size, body));
            }
            stored.changes.push(Change::Artifact(Box::new(record)));
            stored.outputs.push(held);
        }
        if !large.is_empty() {
            stored.upload = Some(self.upload(prepared.miss.replace, large));
        }
        Ok(stored)
    }

    /// An executor has put the object into the store by itself, perhaps while a prune was removing an equal one.
    fn keep_stored(&self, what: &str, digest: Digest) -> Result<(), StepFailure> {
        let storage = |error: ArtifactError| StepFailure::new(FailureKind::Storage, chain(&error));
        self.stack.keep_object(digest).map_err(storage)?;
        match self.stack.artifacts().size(digest).map_err(storage)? {
            Some(_) => Ok(()),
            None => Err(storage(ArtifactError::Missing {
                what: what.to_owned(),
                uri: self.stack.artifacts().uri(digest),
            })),
        }
    }

    fn encode(
        &self,
        produced: ProducedOutput,
        output: &NodeOutput,
        what: &str,
    ) -> Result<Produced, StepFailure> {
        let value = match produced {
            ProducedOutput::Value(value) => value,
            ProducedOutput::Stored {
                digest,
                bytes,
                size,
                description,
            } => {
                return Ok(Produced {
                    value: None,
                    digest,
                    size,
                    body: bytes.map(Body::Bytes),
                    description,
                    to_upload: false,
                });
            }
        };
        let mut sink = self.stack.artifacts().sink();
        let written = output.codec.encode_to(&*value, &mut sink);
        let finished = written.and_then(|description| Ok((sink.finish()?, description)));
        let (encoded, description) = finished.map_err(|source| {
            let error = ArtifactError::Encode {
                what: what.to_owned(),
                type_name: output.codec.type_name(),
                codec: output.codec.info().name,
                source,
            };
            StepFailure::new(FailureKind::Storage, chain(&error))
        })?;
        Ok(Produced {
            value: Some(value),
            digest: encoded.digest,
            size: encoded.size,
            body: Some(encoded.body),
            description,
            to_upload: true,
        })
    }

    /// Writes objects in other threads; readers of the values need not wait for it.
    pub(super) fn upload(
        self: &Arc<Self>,
        replace: bool,
        objects: Vec<(Arc<Held>, u64, Body)>,
    ) -> Arc<Upload> {
        let upload = Upload::of(objects.len());
        for (held, size, body) in objects {
            // A file that waits takes no memory, but room on the disk, and is bounded the same way.
            let waiting = usize::try_from(size).unwrap_or(usize::MAX);
            self.budget.acquire(waiting);
            let (stack, budget, report) = (self.stack.clone(), Arc::clone(&self.budget), Arc::clone(&upload));
            let write = move || {
                let result = stack.publish_object(held.digest, size, &body, replace);
                if result.is_ok() {
                    held.is_durable();
                }
                // Before it is said to be done: a file that isn't needed is gone then.
                drop(body);
                budget.release(waiting);
                report.done(result);
            };
            let (budget, report) = (Arc::clone(&self.budget), Arc::clone(&upload));
            if let Err(source) = pool::spawn(write) {
                budget.release(waiting);
                report.done(Err(ArtifactError::Store {
                    url: self.stack.artifacts().url().to_owned(),
                    doing: "starting a thread to write".into(),
                    source: source.into(),
                }));
            }
        }
        upload
    }
}

#[derive(Default)]
pub(super) struct Stored {
    pub(super) outputs: Vec<Arc<Held>>,
    pub(super) changes: Vec<Change>,
    pub(super) upload: Option<Arc<Upload>>,
}

struct Produced {
    value: Option<AnyValue>,
    digest: Digest,
    size: u64,
    body: Option<Body>,
    description: Description,
    to_upload: bool,
}
