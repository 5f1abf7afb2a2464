//! The secrets that steps and hooks may ask for.

use std::sync::Arc;

use super::{Component, StepContext};
use crate::secrets::{Secret, SecretError, Secrets};

/// The kind of the component that has the stack's secrets: its value is a [`Secrets`].
pub(crate) const SECRETS: &str = "secrets_store";

/// The secrets of a stack with these components: without any of its own, those of the environment.
pub(crate) fn secrets_of(components: &[Component]) -> Arc<Secrets> {
    let found = components.iter().find_map(Component::value);
    found.unwrap_or_else(|| Arc::new(Secrets::environment()))
}

/// The secret `name.key` of a stack with these components.
pub(super) fn secret_of(components: &[Component], reference: &str) -> Result<Secret, SecretError> {
    secrets_of(components).get(&reference.parse()?)
}

impl StepContext {
    /// A secret of the stack, by `name.key`: from the environment (`ZEN_SECRET_<NAME>__<KEY>`), else from the stack's
    /// [store](crate::secrets::SecretsStore). It is redacted in all that zen records and prints from then on. What it is
    /// is no input of the step, and so not in its cache key.
    ///
    /// ```no_run
    /// use zen_core::prelude::*;
    ///
    /// #[step]
    /// fn download(ctx: &StepContext, url: &str) -> Result<String> {
    ///     let token = ctx.secret("warehouse.token")?;
    ///     let answer = ureq::get(url).header("Authorization", format!("Bearer {}", token.reveal())).call()?;
    ///     Ok(answer.into_body().read_to_string()?)
    /// }
    /// ```
    ///
    /// # Errors
    /// When there is no such secret, or the store can't be read.
    pub fn secret(&self, reference: &str) -> Result<Secret, SecretError> {
        secret_of(self.components(), reference)
    }
}
