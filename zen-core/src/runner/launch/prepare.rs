//! What is looked at and put together before a run starts.

use std::sync::Arc;
use std::thread::available_parallelism;

use uuid::Uuid;

use super::Launch;
use crate::graph::configure::find_step;
use crate::graph::{Graph, PipelineOutput};
use crate::metadata::{ArtifactFilter, MetadataError, RunFilter, check_label};
use crate::runner::core::Settings;
use crate::runner::resume::Finished;
use crate::runner::state::Only;
use crate::runner::{Orchestrator, RunError, isolation};
use crate::stack::Stack;

impl<O: PipelineOutput> Launch<O> {
    /// The graph, when it can be run so.
    pub(in crate::runner) fn checked(&self) -> Result<Arc<Graph>, RunError> {
        let graph = self.pipeline.graph.clone()?;
        isolation::check(&self.pipeline, &graph, &self.isolation, self.stack.as_ref())?;
        check_labels(&graph, self.name.as_deref(), &self.tags)?;
        Ok(graph)
    }

    /// What of the graph is to be run, when it isn't all.
    pub(in crate::runner) fn part(&self, graph: &Graph) -> Result<Option<Arc<Only>>, RunError> {
        let Some(step) = &self.only else { return Ok(None) };
        let node = find_step(&self.pipeline.name, graph, step).map_err(|reason| RunError::NoStep {
            pipeline: self.pipeline.name.clone(),
            step: step.clone(),
            reason,
        })?;
        Ok(Some(Arc::new(Only::new(graph, node))))
    }

    /// What is fixed for the run.
    pub(in crate::runner) fn settings(
        &self,
        stack: &Stack,
        run: Uuid,
        run_name: String,
        resumed: Finished,
        orchestrator: &Orchestrator,
    ) -> Settings {
        Settings {
            pipeline: self.pipeline.name.clone(),
            pipeline_path: self.pipeline.path.clone(),
            arguments: self.pipeline.arguments.encoded(),
            isolation: self.isolation.clone(),
            run,
            run_name,
            pipeline_cache: self.pipeline.cache.clone(),
            run_cache: self.cache.clone(),
            failure: self.failure.unwrap_or(orchestrator.failure),
            only: None,
            parallel: self
                .parallel
                .or(orchestrator.parallel)
                .unwrap_or_else(|| available_parallelism().map_or(4, |n| n.get().max(4))),
            grace: self.grace,
            hooks: (self.pipeline.hooks.clone())
                .and(self.pipeline.added_hooks.clone())
                .and(self.hooks.clone()),
            hook_timeout: self.hook_timeout,
            scratch: std::env::temp_dir(),
            resumed,
            slot: self.slot.clone(),
            project: stack.project(),
        }
    }
}

/// Labels are for looking through: what is long is a parameter or an artifact.
fn check_labels(graph: &Graph, name: Option<&str>, tags: &[String]) -> Result<(), RunError> {
    let of_run = name
        .map(|name| ("name of the run".to_owned(), name))
        .into_iter()
        .chain(tags.iter().map(|tag| ("tag of the run".to_owned(), tag.as_str())));
    let of_steps = graph.nodes().iter().flat_map(|node| {
        let what = move || format!("tag of step `{}` ({})", node.name(), node.place());
        node.options.tags.iter().map(move |tag| (what(), tag.as_str()))
    });
    for (what, label) in of_run.chain(of_steps) {
        check_label(label).map_err(|reason| RunError::Label { what, reason })?;
    }
    Ok(())
}

/// A step that takes the whole program with it when it panics.
pub(super) fn aborting(graph: &Graph) -> Option<String> {
    let mut definitions = graph.nodes().iter().filter_map(|node| node.definition.as_ref());
    definitions
        .find(|definition| definition.panic_aborts)
        .map(|definition| definition.path.clone())
}

/// Runs and artifacts are listed by their ids, which hold the time: where the clock has been set back, those of this run must follow the
/// newest there are all the same.
pub(super) fn follow_the_newest(stack: &Stack) -> Result<(), MetadataError> {
    let runs = RunFilter {
        limit: Some(1),
        ..RunFilter::default()
    };
    let artifacts = ArtifactFilter {
        limit: Some(1),
        ..ArtifactFilter::default()
    };
    let metadata = stack.metadata();
    if let Some(run) = metadata.runs(&runs)?.first() {
        crate::ids::newer_than(run.id);
    }
    if let Some(artifact) = metadata.artifacts(&artifacts)?.first() {
        crate::ids::newer_than(artifact.id);
    }
    Ok(())
}
