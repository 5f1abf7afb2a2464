//! Why a step would be executed.

use super::{CacheLevel, RunReason};
use crate::cache::{CacheKey, explain};
use crate::graph::{CachePolicy, Node, StepDefinition};
use crate::metadata::{MetadataError, Status, StepRecord};
use crate::runner::core::RunCore;
use crate::runner::state::Task;

impl RunCore {
    /// Who has turned the cache off for a step.
    pub(super) fn cache_off(&self, node: &Node, definition: &StepDefinition) -> Option<RunReason> {
        let levels: [(CacheLevel, &CachePolicy); 4] = [
            (CacheLevel::Run, &self.settings.run_cache),
            (CacheLevel::Call, &node.options.cache),
            (CacheLevel::StepAttribute, &definition.cache),
            (CacheLevel::PipelineAttribute, &self.settings.pipeline_cache),
        ];
        let (by, enabled) = levels
            .into_iter()
            .find_map(|(by, policy)| Some((by, policy.enabled?)))?;
        (!enabled).then_some(RunReason::CacheOff { by })
    }

    /// Why nothing was found for a key.
    pub(super) fn not_found(&self, task: &Task, key: &CacheKey) -> Result<RunReason, MetadataError> {
        let metadata = self.stack.metadata();
        let now = StepRecord {
            cache_key: Some(key.digest),
            key_fields: key.fields.clone(),
            ..self.blank(task.node, &task.name, task.step)
        };
        let explanation = explain(metadata.as_ref(), &self.settings.pipeline, &now)?;
        let Some(since) = explanation.compared_with else {
            return Ok(RunReason::NeverRun);
        };
        if !explanation.changed.is_empty() {
            return Ok(RunReason::Changed {
                since,
                fields: explanation.changed,
            });
        }
        let Some(before) = metadata.step_named(since, &task.name)? else {
            return Ok(RunReason::NeverRun);
        };
        Ok(match before.status {
            Status::Completed | Status::Cached if before.cache_key != Some(key.digest) => {
                RunReason::Changed {
                    since,
                    fields: Vec::new(),
                }
            }
            Status::Completed | Status::Cached => RunReason::Expired {
                note: format!("the outputs of run {since} have expired, or are about to be pruned"),
            },
            status => RunReason::NotCompleted { run: since, status },
        })
    }
}
