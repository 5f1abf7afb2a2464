//! Whose fault it is that a body can't be read or written.

use std::fmt;

/// A message is cut after so many characters, so that what a client sends doesn't come back to it at full length.
const LONGEST: usize = 1000;

/// Why a request can't be read, or an answer can't be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum V2Error {
    /// The request is at fault (status 400).
    #[error("{0}")]
    Input(String),
    /// A prediction is at fault: it can't be written as the request wants it (status 500).
    #[error("{0}")]
    Answer(String),
}

impl V2Error {
    pub(super) fn input(reason: impl fmt::Display) -> Self {
        Self::Input(shortened(reason, LONGEST))
    }

    pub(super) fn answer(reason: impl fmt::Display) -> Self {
        Self::Answer(shortened(reason, LONGEST))
    }
}

/// A message of a bearable length.
pub(super) fn message(reason: impl fmt::Display) -> String {
    shortened(reason, LONGEST)
}

/// A name as messages have it.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", shortened(name, 100))
}

/// The first characters.
pub(super) fn shortened(text: impl fmt::Display, longest: usize) -> String {
    let mut text = text.to_string();
    if let Some((end, _)) = text.char_indices().nth(longest) {
        text.truncate(end);
        text.push_str("..");
    }
    text
}
