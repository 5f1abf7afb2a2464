//! Secrets: values that configurations refer to, and that reach no log, record, artifact or URL.
//!
//! A secret has a name and keys, `{{name.key}}` in the values of a configuration. Where it is kept is a component of the stack, the
//! [`SecretsStore`].

mod error;
mod reference;
mod secret;
mod store;

pub use error::SecretError;
pub use reference::{Reference, ReferenceError, references};
pub use secret::Secret;
pub use store::{SecretNames, SecretsStore};
