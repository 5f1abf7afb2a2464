//! Taking a step's outputs from an earlier run.

use std::sync::Arc;

use uuid::Uuid;

use super::core::RunCore;
use super::held::Held;
use super::state::Task;
use crate::artifact::{ArtifactError, bare_type_name, verify};
use crate::cache::CacheKey;
use crate::graph::failure::chain;
use crate::graph::{CachePolicy, Node};
use crate::metadata::{CachedOutput, CachedStep, MetadataError};

/// Adopted outputs up to this size are read, checked and decoded at once. Of larger ones only the size is checked, and they are
/// checked when a step reads them; one that is damaged is then made again.
const CHECKED_AT_ONCE: u64 = 16 << 20;

pub(super) enum Adopted {
    Yes {
        outputs: Vec<Arc<Held>>,
        /// The step and the run that made them.
        source: (Uuid, Uuid),
    },
    /// Why not, when there is more to say than that nothing was found.
    No(Option<String>),
    /// Something was found, but it is older than the policy allows.
    TooOld(String),
    /// Something was found, but its objects are missing or damaged: they have to be written anew.
    Unreadable(String),
    /// Something was found, but the store can't be asked for it: what would be made now could not be stored either.
    Away(String),
}

impl RunCore {
    /// Looks for outputs to adopt: of the run that this one continues, then by cache key.
    pub(in crate::runner) fn adopt(
        &self,
        task: &Task,
        node: &Node,
        policy: &CachePolicy,
        key: &CacheKey,
    ) -> Adopted {
        match self.finished_before(task, key) {
            Ok(Some(found)) => return self.check(node, found),
            Ok(None) => {}
            Err(error) => {
                return Adopted::No(Some(format!(
                    "the interrupted run could not be read: {}",
                    chain(&error)
                )));
            }
        }
        if policy.enabled == Some(false) {
            return Adopted::No(Some("the cache is off for this step".into()));
        }
        match self
            .stack
            .metadata()
            .find_cached(key.digest, self.now(), Some(self.settings.run))
        {
            // Of two equal calls in one run both are executed, whichever is first: what happens doesn't depend on chance.
            Ok(Some(found)) => match self.is_too_old(policy, &found) {
                true => Adopted::TooOld(format!(
                    "the outputs of run {} are older than the cache policy allows",
                    found.run
                )),
                false => self.check(node, found),
            },
            Ok(None) => Adopted::No(None),
            Err(error) => Adopted::No(Some(format!("the cache could not be read: {}", chain(&error)))),
        }
    }

    /// Expiry is recorded with a step, but the policy may have become stricter since. What seems to have been made that far in the future was
    /// made while the clock was wrong: nobody knows how old it is.
    fn is_too_old(&self, policy: &CachePolicy, found: &CachedStep) -> bool {
        let Some(oldest) = found.outputs.iter().map(|output| output.artifact.created).min() else {
            return false;
        };
        let age = (self.now() - oldest).abs().to_std().unwrap_or_default();
        policy.expires.is_some_and(|expires| age > expires)
    }

    /// The step as the interrupted run finished it, if its key is the same.
    fn finished_before(&self, task: &Task, key: &CacheKey) -> Result<Option<CachedStep>, MetadataError> {
        let Some(step) = self.settings.resumed.get(&task.name) else {
            return Ok(None);
        };
        if step.cache_key != Some(key.digest) {
            return Ok(None);
        }
        let metadata = self.stack.metadata();
        let mut outputs = Vec::with_capacity(step.outputs.len());
        for edge in &step.outputs {
            let Some(artifact) = metadata.artifact(edge.artifact)? else {
                return Ok(None);
            };
            let inline = match artifact.uri.starts_with("inline:") {
                true => metadata.object(artifact.digest)?,
                false => None,
            };
            outputs.push(CachedOutput {
                name: edge.name.clone(),
                artifact,
                inline,
            });
        }
        let (source, run) = (
            step.source_step.unwrap_or(step.id),
            step.source_run.unwrap_or(step.run),
        );
        Ok(Some(CachedStep {
            step: source,
            run,
            outputs,
        }))
    }

    /// A hit is honoured only if all its objects exist and decode.
    fn check(&self, node: &Node, found: CachedStep) -> Adopted {
        let mut outputs = Vec::with_capacity(node.outputs.len());
        for output in &node.outputs {
            let Some(cached) = found.outputs.iter().find(|cached| cached.name == output.name) else {
                return Adopted::No(Some(format!(
                    "run {} recorded no output `{}`",
                    found.run, output.name
                )));
            };
            match self.check_output(node, cached, output) {
                Ok(held) => outputs.push(Arc::new(held)),
                Err(error) => {
                    let reason = format!(
                        "the output `{}` of run {} can't be read: {}",
                        output.name,
                        found.run,
                        chain(&error)
                    );
                    return match error {
                        ArtifactError::Refused { .. }
                        | ArtifactError::NoBucket { .. }
                        | ArtifactError::Unreachable { .. } => Adopted::Away(reason),
                        _ => Adopted::Unreadable(reason),
                    };
                }
            }
        }
        Adopted::Yes {
            outputs,
            source: (found.step, found.run),
        }
    }

    fn check_output(
        &self,
        node: &Node,
        cached: &CachedOutput,
        output: &crate::graph::NodeOutput,
    ) -> Result<Held, ArtifactError> {
        let record = &cached.artifact;
        let what = format!("output `{}` of `{}`", output.name, node.name());
        let codec = Arc::clone(&output.codec);
        if bare_type_name(&record.type_name) != bare_type_name(codec.type_name()) {
            let (stored, requested) = (record.type_name.clone(), codec.type_name());
            return Err(ArtifactError::WrongType {
                what,
                stored,
                requested,
            });
        }
        if let Some(bytes) = &cached.inline {
            verify(record.digest, bytes, &what, || record.uri.clone())?;
            let value = codec.decode(&what, &record.codec, record.codec_version, bytes)?;
            return Ok(Held::stored(record, what, codec, Some(value)));
        }
        if record.uri.starts_with("inline:") {
            return Err(ArtifactError::Missing {
                what,
                uri: record.uri.clone(),
            });
        }
        let size = self.stack.artifacts().size(record.digest)?;
        if size != Some(record.size) {
            return Err(ArtifactError::Missing {
                what,
                uri: record.uri.clone(),
            });
        }
        let value = match record.size <= CHECKED_AT_ONCE {
            true => {
                let bytes = self.stack.artifacts().get(record.digest, &what)?;
                Some(codec.decode(&what, &record.codec, record.codec_version, &bytes)?)
            }
            false => None,
        };
        Ok(Held::stored(record, what, codec, value))
    }
}
