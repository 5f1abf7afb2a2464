//! Models that are stored for being deployed by hand.

use super::DeployError;
use crate::artifact::Materialize;
use crate::graph::StepContext;
use crate::serving::ModelRef;
use crate::stack::Stack;

/// Stores a model as the next version of an artifact, for deploying it by hand. Blocks.
///
/// # Errors
/// When the name can't be used or the model can't be stored.
pub fn store_model<M: Materialize>(stack: &Stack, name: &str, model: &M) -> Result<ModelRef, DeployError> {
    let record = crate::client::save(stack, name.to_owned(), model, Vec::new())?;
    Ok(ModelRef::of(&record))
}

/// The step's input `model` as an artifact that another process can read.
pub(crate) fn stored_input<M: Materialize>(
    ctx: &StepContext,
    stack: &Stack,
    model: &M,
    model_name: &str,
) -> Result<ModelRef, DeployError> {
    let input = ctx.inputs().iter().find(|input| input.name == "model");
    if let Some(input) = input.filter(|input| input.element.is_none()) {
        // The step that made it may have ended moments ago.
        ctx.flush()?;
        if let Some(record) = stack.metadata().artifact(input.id)? {
            return Ok(ModelRef::of(&record));
        }
    }
    // One of several in a vector, or a parameter.
    store_model(stack, &format!("{}.{model_name}", ctx.pipeline()), model)
}
