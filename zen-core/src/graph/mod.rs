//! Graphs: handles, nodes, the builder, and pipelines.
//!
//! A pipeline's body runs once to build the graph. Every call in it adds a node and returns [`Artifact`] handles, which the
//! next calls take; because a handle exists only after its node, a circle can't be wired.

mod ambient;
mod arguments;
mod branch;
mod builder;
mod building;
mod check;
mod component;
pub(crate) mod configure;
mod context;
mod definition;
mod error;
mod export;
pub(crate) mod failure;
mod gather;
mod handle;
mod hook;
mod input;
mod inputs;
mod isolation;
mod node;
mod options;
mod output;
mod pipeline;
mod place;
mod registry;
mod secrets;
mod stored;

pub use ambient::{add_step, inline};
pub use arguments::{
    Argument, ArgumentRecord, ArgumentType, Arguments, DecodeArgument, DecodeOther, EncodedArguments,
    JsonArgument, JsonOther, RecordArgument, RecordOther,
};
pub use branch::{BranchOutput, when};
pub(crate) use builder::parameters_json;
pub use builder::{AddedStep, GraphBuilder, StepBuilder};
pub(crate) use check::check_name;
pub use component::Component;
pub(crate) use component::NotOpened;
pub use configure::{ConfigError, ConfigPlace, StepConfig};
pub use context::{ContextError, InputInfo, OutputInfo, Recording, StepContext};
pub(crate) use context::{ContextFacts, Scratch, StepEvents};
pub(crate) use definition::StepBody;
pub use definition::StepDefinition;
pub use error::GraphError;
pub(crate) use export::json as graph_json;
pub(crate) use failure::chain;
pub use failure::{FailureKind, StepFailure};
pub use gather::gather;
pub use handle::{Artifact, Handle, NodeHandle, OutputRef};
pub use hook::{
    ByFunction, ByValue, Hook, HookEntry, HookEvent, HookRegistryError, Hooks, IntoHook, Outcome, find_hook,
    registered_hooks,
};
pub(crate) use hook::{HookFacts, HookedStep};
pub use input::{InputSource, IntoInput, Parameter};
pub(crate) use inputs::LoadedInput;
pub use inputs::{InputValue, Inputs, OwnedInput};
pub use isolation::Isolation;
pub(crate) use node::{Binding, Elements, NodeInput, NodeKind, NodeOutput, ScopeId, Source};
pub use node::{Graph, Node, NodeId};
pub use options::{CachePolicy, Retry};
pub use output::{Many, OutputLoader, OutputSpec, OutputValue, PipelineOutput, StepOutput};
pub use pipeline::{ErasedPipeline, Pipeline, PipelineMeta};
pub use place::Place;
pub use registry::{
    ParameterEntry, ParameterInfo, PipelineEntry, PipelineInfo, RegistryError, build_pipeline,
    rebuild_pipeline, registered_pipeline, registered_pipeline_infos, registered_pipelines,
};
pub(crate) use secrets::{SECRETS, secrets_of};
pub use stored::{latest, version};
