//! The hooks of one step call, pipeline or run.

use super::{Hook, IntoHook, Outcome};

/// What is called after which outcome, in order. Empty ones hold no memory.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct Hooks {
    success: Vec<Hook>,
    failure: Vec<Hook>,
}

impl Hooks {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another one to be called after success.
    #[must_use]
    pub fn on_success<Kind>(mut self, hook: impl IntoHook<Kind>) -> Self {
        self.success.push(hook.into_hook());
        self
    }

    /// Another one to be called after failure.
    #[must_use]
    pub fn on_failure<Kind>(mut self, hook: impl IntoHook<Kind>) -> Self {
        self.failure.push(hook.into_hook());
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.success.is_empty() && self.failure.is_empty()
    }

    /// Those for this outcome.
    pub(crate) fn of(&self, outcome: &Outcome) -> &[Hook] {
        match outcome {
            Outcome::Success => &self.success,
            Outcome::Failure(_) => &self.failure,
        }
    }

    /// All for success, and all for failure.
    pub(crate) fn into_lists(self) -> (Vec<Hook>, Vec<Hook>) {
        (self.success, self.failure)
    }

    /// These, and then those.
    pub(crate) fn and(mut self, more: Hooks) -> Self {
        self.success.extend(more.success);
        self.failure.extend(more.failure);
        self
    }
}
