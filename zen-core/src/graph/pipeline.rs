//! Pipelines: a graph, its typed output, and how it can be built again.

use serde_json::Value;

use super::building::Building;
use super::{
    Arguments, CachePolicy, Graph, GraphBuilder, GraphError, Hooks, IntoHook, OutputRef, PipelineOutput,
    Place, ambient, export,
};

/// What `#[pipeline]` knows of a pipeline function.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct PipelineMeta {
    /// The pipeline's name.
    pub name: &'static str,
    /// `crate::module::function`.
    pub path: &'static str,
    /// Where it stands.
    pub file: &'static str,
    /// Where it stands.
    pub line: u32,
    /// Its documentation.
    pub docs: &'static str,
    /// The cache on or off for all its steps.
    pub cache: Option<bool>,
    /// Whether it is registered by its path.
    pub registered: bool,
    /// What is called after its runs.
    pub hooks: Hooks,
}

/// A pipeline ready to be run: what a function marked `#[pipeline]` returns.
///
/// Building it runs no step. `O` is what the function returned: the handles of its outputs. See
/// [`run`](Self::run) to execute it.
#[derive(Debug, Clone)]
#[must_use = "a pipeline does nothing until it is run: `.run().await`"]
pub struct Pipeline<O = ()> {
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) path: Option<String>,
    pub(crate) cache: CachePolicy,
    pub(crate) arguments: Arguments,
    /// What the attribute names: another process that builds the pipeline again has these too.
    pub(crate) hooks: Hooks,
    /// What was added to the value.
    pub(crate) added_hooks: Hooks,
    pub(crate) output: O,
    pub(crate) graph: Result<std::sync::Arc<Graph>, GraphError>,
}

/// A pipeline without the type of its output, as it comes from the registry.
pub type ErasedPipeline = Pipeline<Vec<OutputRef>>;

impl<O: PipelineOutput> Pipeline<O> {
    /// Builds a pipeline from code that adds steps with a [`GraphBuilder`]: for graphs made from configuration. Such a
    /// pipeline runs in this process only: no other process could build it again.
    #[track_caller]
    pub fn build(name: impl Into<String>, body: impl FnOnce(&mut GraphBuilder) -> O) -> Self {
        let name = name.into();
        let building = Building::new(name.clone(), Place::caller());
        let (output, building) = ambient::build(building, || body(&mut GraphBuilder { _private: () }));
        Self::finish(name, output, building)
    }

    #[doc(hidden)]
    pub fn build_registered(meta: PipelineMeta, arguments: Arguments, body: impl FnOnce() -> O) -> Self {
        let place = Place {
            file: meta.file,
            line: meta.line,
            column: 0,
        };
        let building = Building::new(meta.name.to_owned(), place);
        let (output, building) = ambient::build(building, body);
        let pipeline = Self::finish(meta.name.to_owned(), output, building);
        Self {
            docs: meta.docs.to_owned(),
            path: meta.registered.then(|| meta.path.to_owned()),
            cache: CachePolicy {
                enabled: meta.cache,
                ..CachePolicy::default()
            },
            arguments,
            hooks: meta.hooks,
            ..pipeline
        }
    }

    fn finish(name: String, output: O, building: Option<Building>) -> Self {
        let graph = match building {
            Some(building) => building.finish(&output.references()),
            None => Err(GraphError::Empty {
                pipeline: name.clone(),
                place: Place::caller(),
            }),
        };
        Self {
            name,
            docs: String::new(),
            path: None,
            cache: CachePolicy::default(),
            arguments: Arguments::new(),
            hooks: Hooks::new(),
            added_hooks: Hooks::new(),
            output,
            graph: graph.map(std::sync::Arc::new),
        }
    }

    /// The pipeline without the type of its output.
    pub fn erase(self) -> ErasedPipeline {
        Pipeline {
            output: self.output.references(),
            name: self.name,
            docs: self.docs,
            path: self.path,
            cache: self.cache,
            arguments: self.arguments,
            hooks: self.hooks,
            added_hooks: self.added_hooks,
            graph: self.graph,
        }
    }
}

impl<O> Pipeline<O> {
    /// The pipeline's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The function's documentation.
    pub fn docs(&self) -> &str {
        &self.docs
    }

    /// The checked graph.
    ///
    /// # Errors
    /// What is wrong with the graph that the compiler couldn't see, with file and line.
    pub fn graph(&self) -> Result<&Graph, GraphError> {
        self.graph.as_deref().map_err(Clone::clone)
    }

    /// The pipeline's arguments by name; `null` for what JSON can't hold.
    pub fn arguments(&self) -> Value {
        self.arguments.json()
    }

    /// Calls this [hook](super::Hook) when a run of the pipeline has completed, after those that `#[pipeline(on_success = ..)]` names.
    ///
    /// It is called when the run's status is recorded, and before [`run`](Self::run) returns. Whatever becomes of it, the run has completed.
    pub fn on_success<Kind>(mut self, hook: impl IntoHook<Kind>) -> Self {
        self.added_hooks = self.added_hooks.on_success(hook);
        self
    }

    /// Calls this [hook](super::Hook) when a run of the pipeline has failed, after those that `#[pipeline(on_failure = ..)]` names. It isn't
    /// called for a run that was cancelled, nor for one that could not be started.
    pub fn on_failure<Kind>(mut self, hook: impl IntoHook<Kind>) -> Self {
        self.added_hooks = self.added_hooks.on_failure(hook);
        self
    }

    /// Whether another process can build this pipeline again by its name and arguments.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn startable(&self) -> Result<&str, String> {
        let Some(path) = &self.path else {
            return Err(format!(
                "pipeline `{}` is generic or made by hand, so no other process can build it by name",
                self.name
            ));
        };
        match self.arguments.unrecorded() {
            Some(reason) => Err(format!(
                "pipeline `{}` can't be built by another process: {reason}",
                self.name
            )),
            None => Ok(path),
        }
    }

    /// The graph in Graphviz's language; branches and fan-outs are clusters.
    ///
    /// # Errors
    /// As [`graph`](Self::graph).
    pub fn to_dot(&self) -> Result<String, GraphError> {
        Ok(export::dot(&self.name, self.graph()?))
    }

    /// The graph as a Mermaid flowchart, for Markdown.
    ///
    /// # Errors
    /// As [`graph`](Self::graph).
    pub fn to_mermaid(&self) -> Result<String, GraphError> {
        Ok(export::mermaid(self.graph()?))
    }

    /// The graph as JSON: nodes with their names, steps, inputs, outputs and options.
    ///
    /// # Errors
    /// As [`graph`](Self::graph).
    pub fn to_json(&self) -> Result<Value, GraphError> {
        Ok(export::json(&self.name, self.graph()?))
    }
}

impl PipelineOutput for Vec<OutputRef> {
    type Value = ();

    fn references(&self) -> Vec<OutputRef> {
        self.clone()
    }

    fn load(_: &mut super::OutputLoader) -> Result<(), crate::artifact::ArtifactError> {
        Ok(())
    }
}
