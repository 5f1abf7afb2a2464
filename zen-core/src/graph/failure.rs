//! Why a step failed.

use std::error::Error;
use std::fmt;

use crate::metadata::cut;

/// Why an attempt of a step failed, in words, with the chain of causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFailure {
    kind: FailureKind,
    message: String,
    /// The input that couldn't be read.
    lost: Option<String>,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The step returned an error.
    Error,
    /// The step panicked.
    Panic,
    /// It took longer than its timeout.
    Timeout,
    /// It was cancelled.
    Cancelled,
    /// An input could not be loaded or an output not be stored.
    Storage,
    /// Its process or thread could not be started, or died.
    Executor,
}

impl StepFailure {
    /// A failure with this message. Of one that is longer than 16 KiB only the beginning is kept, with a mark: a step that wants to tell
    /// more writes it to its log or returns it as an output.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: cut(message.into()),
            lost: None,
        }
    }

    /// An input that can't be read where the step is executed: whoever made it can make it again.
    pub(crate) fn lost_input(name: String, reason: String) -> Self {
        Self {
            lost: Some(name.clone()),
            ..Self::new(
                FailureKind::Storage,
                format!("input `{name}` can't be loaded: {reason}"),
            )
        }
    }

    pub(crate) fn lost(&self) -> Option<&str> {
        self.lost.as_deref()
    }

    /// The error a step returned, with its causes.
    pub fn from_error(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        Self::new(FailureKind::Error, chain(&*error))
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for StepFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for StepFailure {}

/// An error and its causes on one line; a cause that its parent's text already contains isn't said twice.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    cut(text)
}
