//! The cache policy in force, and the key.

use crate::cache::{CacheKey, KeyInput, cache_key};
use crate::graph::{CachePolicy, Node, NodeKind, StepDefinition};
use crate::runner::core::RunCore;
use crate::runner::state::{InputFrom, TaskInput};
use crate::stack::program;

impl RunCore {
    /// The policy in force: the run's, then the call's, the step's, the pipeline's.
    pub(in crate::runner) fn policy(&self, node: &Node, definition: &StepDefinition) -> CachePolicy {
        let settings = &self.settings;
        settings
            .run_cache
            .over(&node.options.cache)
            .over(&definition.cache)
            .over(&settings.pipeline_cache)
    }

    pub(in crate::runner) fn key(
        &self,
        node: &Node,
        definition: &StepDefinition,
        policy: &CachePolicy,
        inputs: &[TaskInput],
    ) -> Result<CacheKey, crate::cache::KeyError> {
        let digest = |input: &TaskInput| match &input.from {
            InputFrom::Slot { slot, .. } => slot.digest,
            InputFrom::Value(value) => value.digest,
        };
        let mut fields: Vec<KeyInput> = Vec::new();
        if matches!(node.kind, NodeKind::Step) && definition.path != "zen::gather" {
            fields.extend(inputs.iter().map(|input| {
                let shown = match &input.from {
                    InputFrom::Value(value) if value.encoded.len() <= 100 => {
                        serde_json::to_string(&value.json).ok()
                    }
                    _ => None,
                };
                KeyInput {
                    name: input.name.clone(),
                    digest: digest(input),
                    shown,
                }
            }));
        } else {
            // A list of any length is one field.
            let mut hasher = crate::artifact::FieldHasher::new("zen list 1");
            inputs.iter().for_each(|input| {
                hasher.field(digest(input).as_bytes());
            });
            let shown = Some(format!("{} values", inputs.len()));
            fields.push(KeyInput {
                name: "list".into(),
                digest: hasher.finish(),
                shown,
            });
        }
        let isolation = self.isolation(node, definition);
        let env = isolation.map(|isolation| isolation.env).unwrap_or_default();
        let home = self.stack.home().map(|home| home.join("cache").join("programs"));
        cache_key(
            definition,
            policy,
            &fields,
            &node.outputs,
            &env,
            &self.settings.project,
            || program(home.as_deref()).digest,
        )
    }
}
