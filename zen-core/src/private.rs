//! What the macros' expansions call. Not part of the public interface: it changes without notice.

pub use inventory;

pub use crate::artifact::CodecRegistration;
pub use crate::graph::{
    Argument, ArgumentRecord, ArgumentType, Arguments, DecodeArgument, DecodeOther, EncodedArguments,
    ErasedPipeline, HookEntry, Hooks, InputSource, InputValue, Inputs, IntoInput, JsonArgument, JsonOther,
    Many, NodeHandle, OutputLoader, OutputRef, OutputSpec, OutputValue, OwnedInput, ParameterEntry,
    PipelineEntry, PipelineMeta, RecordArgument, RecordOther, add_step, inline,
};
pub use crate::main_fn::{CALLED_VARIABLE, COMMAND_ARGUMENT, CommandLine, begin_main, run_main};
pub use crate::runner::MainOutput;
#[cfg(unix)]
pub use crate::service::LocalServiceEntry;
pub use crate::serving::{PredictorEntry, RegisteredPredictor};
pub use crate::tracked::{Fallible, Tracked};

/// Near misses, for whoever else reads what people write.
pub mod near {
    pub use crate::near::{choices, nearest};
}

/// No type that derives `Outputs` may also derive serde: it would be one artifact and several at once. The blanket
/// implementation for serde types makes rustc say so by this trait's name.
pub trait OutputsStructMustNotAlsoDeriveSerde {}

impl<T: serde::Serialize> OutputsStructMustNotAlsoDeriveSerde for T {}

/// An output by its name, which stands here as the number that the macros make of it: how
/// `#[step(outputs(name = Codec))]` finds the handle. A single output answers to any name.
#[diagnostic::on_unimplemented(
    message = "`outputs(..)` names an output that `{Self}` doesn't have",
    label = "this step has no output of that name",
    note = "for a struct that derives `Outputs`, the names are those of its fields"
)]
pub trait OutputField<const KEY: u64> {
    /// The output's type.
    type Value;

    /// The handle.
    fn field(&self) -> crate::graph::Artifact<Self::Value>;
}

impl<T, const KEY: u64> OutputField<KEY> for crate::graph::Artifact<T> {
    type Value = T;

    fn field(&self) -> Self {
        *self
    }
}
