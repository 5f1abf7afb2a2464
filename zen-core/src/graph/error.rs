//! What can be wrong with a graph.

use super::Place;

/// A mistake in a pipeline that the compiler can't see. Reported when the pipeline is run or its graph is asked for,
/// never as a panic.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// Two steps were given the same name.
    #[error("{place}: a step is named `{name}` here and at {first}: choose another name for one of them")]
    DuplicateName {
        /// The name.
        name: String,
        /// The second place.
        place: Place,
        /// The first place.
        first: Place,
    },
    /// A step's name is empty or has a character that names can't have.
    #[error("{place}: `{name}` can't name a step: {reason}")]
    BadName {
        /// The name.
        name: String,
        /// Where it was given.
        place: Place,
        /// Why not.
        reason: String,
    },
    /// A handle was used where it means nothing.
    #[error("{place}: this handle can't be used here: {reason}")]
    ForeignHandle {
        /// Where it was used.
        place: Place,
        /// Why not.
        reason: String,
    },
    /// A step was called outside a pipeline.
    #[error("{place}: step `{step}` was added to no pipeline: call it in a function marked `#[pipeline]`")]
    OutsidePipeline {
        /// The step.
        step: String,
        /// Where it was called.
        place: Place,
    },
    /// `.after(..)` closed a circle.
    #[error("{place}: `{step}` would have to wait for itself: {circle}")]
    Cycle {
        /// One step of the circle.
        step: String,
        /// Where it stands.
        place: Place,
        /// The steps of the circle in order.
        circle: String,
    },
    /// A parameter's value could not be encoded.
    #[error("{place}: parameter `{parameter}` of `{step}` can't be stored: {reason}")]
    Parameter {
        /// The step.
        step: String,
        /// The argument.
        parameter: String,
        /// Where the step was called.
        place: Place,
        /// Why not.
        reason: String,
    },
    /// The public builder was given a wrong type, a missing, an unknown or a doubled input.
    #[error("{place}: input `{input}` of `{step}`: {reason}")]
    Input {
        /// The step.
        step: String,
        /// The argument.
        input: String,
        /// Where it was wired.
        place: Place,
        /// What is wrong with it.
        reason: String,
    },
    /// An option was given a value that makes no sense.
    #[error("{place}: {option} of `{step}`: {reason}")]
    Option {
        /// The step.
        step: String,
        /// Which option.
        option: &'static str,
        /// Where it was given.
        place: Place,
        /// What is wrong with it.
        reason: String,
    },
    /// The pipeline has no step.
    #[error("{place}: pipeline `{pipeline}` has no step")]
    Empty {
        /// The pipeline.
        pipeline: String,
        /// Where it stands.
        place: Place,
    },
    /// Several mistakes.
    #[error("{} mistakes in pipeline `{pipeline}`:\n{}", .errors.len(), list(.errors))]
    Several {
        /// The pipeline.
        pipeline: String,
        /// The mistakes in the order they were made.
        errors: Vec<GraphError>,
    },
}

fn list(errors: &[GraphError]) -> String {
    let lines: Vec<_> = errors.iter().map(|error| format!("  {error}")).collect();
    lines.join("\n")
}
