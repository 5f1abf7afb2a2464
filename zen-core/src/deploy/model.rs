//! Models that are stored for being deployed by hand.

use super::DeployError;
use crate::artifact::Materialize;
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
