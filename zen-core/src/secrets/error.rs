//! Why a secret can't be had or kept.

use std::path::PathBuf;

use super::{Reference, ReferenceError};

/// Why a secret can't be had or kept. Never holds a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Nobody has it.
    #[error("there is no secret `{reference}` in {looked}: `zen secret set {} {}` keeps one, or set {variable} in the environment", .reference.name, .reference.key)]
    Missing {
        /// Which.
        reference: Reference,
        /// Where it was looked for.
        looked: String,
        /// The variable of the environment that would be it.
        variable: String,
    },
    /// A text refers to a secret in a way that can't be.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A name or a key that can't be one.
    #[error(
        "`{name}` can't be the name or a key of a secret: use letters, digits, `-` and `_`, beginning with a letter, at most 100"
    )]
    Name {
        /// What was given.
        name: String,
    },
    /// The value can't be kept.
    #[error("the value for secret `{reference}` can't be used: {reason}")]
    Value {
        /// Which secret.
        reference: Reference,
        /// Why not; says nothing of the value.
        reason: &'static str,
    },
    /// Others may read the file.
    #[error(
        "{path} may be read by others (its mode is {mode:o}): run `chmod 600 {path}`, and change the secrets in it if others had access"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file can't be read or written.
    #[error("{doing} the secrets' file {path}")]
    File {
        /// What was done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error(
        "the secrets' file {path} can't be understood at line {line}: it holds tables of texts, as in `[aws]` and `key = \"..\"`"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line. What stands there isn't told.
        line: usize,
    },
    /// The store can't be changed from here.
    #[error("secrets in {location} can't be changed from here")]
    ReadOnly {
        /// The store.
        location: String,
    },
    /// Another store's own failure.
    #[error("the secrets store {location}: {reason}")]
    Store {
        /// The store.
        location: String,
        /// What happened, without values.
        reason: String,
    },
}
