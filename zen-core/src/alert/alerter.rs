//! What an alerter does.

use std::fmt;
use std::sync::Arc;

use crate::stack::{ComponentKind, ComponentType};

/// What people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alert {
    /// The message.
    pub text: String,
}

impl Alert {
    /// A message. Secrets that the program knows are taken out of it.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self {
            text: crate::secrets::redact(text.as_ref()).into_owned(),
        }
    }
}

/// People could not be told.
#[derive(Debug, thiserror::Error)]
#[error("the alerter at {location} didn't take the message: {reason}")]
#[non_exhaustive]
pub struct AlertError {
    /// Where it is, without credentials.
    pub location: String,
    /// What happened.
    pub reason: String,
}

/// Tells people. Methods block.
pub trait Alerter: Send + Sync + fmt::Debug {
    /// Posts a message; returns when it was taken. It may have been taken also when this fails.
    ///
    /// # Errors
    /// When it wasn't taken.
    fn post(&self, alert: &Alert) -> Result<(), AlertError>;
}

/// The kind of [alerters](Alerter).
#[derive(Debug)]
pub struct AlerterKind;

impl ComponentKind for AlerterKind {
    const TYPE: ComponentType = ComponentType::Alerter;
    type Value = Arc<dyn Alerter>;
}
