//! What a store of secrets does.

use std::collections::BTreeMap;
use std::fmt;

use super::{Reference, Secret, SecretError};

/// The names of secrets, each with its keys; never values.
pub type SecretNames = BTreeMap<String, Vec<String>>;

/// Keeps secrets. A component of the stack. Methods block.
pub trait SecretsStore: Send + Sync + fmt::Debug {
    /// Where it is, for messages: "the environment", a path, a URL without credentials.
    fn location(&self) -> String;

    /// One value; none when there is no such secret, or it has no such key.
    ///
    /// # Errors
    /// When the store can't be read, or may be read by others.
    fn get(&self, reference: &Reference) -> Result<Option<Secret>, SecretError>;

    /// Names and keys of all secrets.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    fn names(&self) -> Result<SecretNames, SecretError>;

    /// Keeps a value, in place of the one before.
    ///
    /// # Errors
    /// When the store can't be written, or only be read ([`SecretError::ReadOnly`]).
    fn set(&self, reference: &Reference, value: &Secret) -> Result<(), SecretError>;

    /// Removes a key of a secret, or with `key: None` the whole secret. False when there was nothing to remove.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    fn delete(&self, name: &str, key: Option<&str>) -> Result<bool, SecretError>;
}
