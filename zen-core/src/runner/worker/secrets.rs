//! Secrets in a worker: its parent's.

use std::fmt;
use std::sync::Arc;

use super::remote::Remote;
use crate::secrets::{Reference, Secret, SecretError, SecretNames, SecretsStore};

/// Asks the parent, whatever store that has. So the parent knows of every secret that the step may print, before the step does.
pub(super) struct ParentSecrets(pub(super) Arc<Remote>);

impl fmt::Debug for ParentSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParentSecrets")
    }
}

impl ParentSecrets {
    fn read_only(&self) -> SecretError {
        SecretError::ReadOnly {
            location: self.location(),
        }
    }
}

impl SecretsStore for ParentSecrets {
    fn location(&self) -> String {
        "the stack of the run".to_owned()
    }

    fn get(&self, reference: &Reference) -> Result<Option<Secret>, SecretError> {
        self.0.ask_secret(reference).map_err(|reason| SecretError::Store {
            location: self.location(),
            reason,
        })
    }

    fn names(&self) -> Result<SecretNames, SecretError> {
        Err(SecretError::Store {
            location: self.location(),
            reason: "an isolated step asks for single secrets and is told no names".into(),
        })
    }

    fn set(&self, _: &Reference, _: &Secret) -> Result<(), SecretError> {
        Err(self.read_only())
    }

    fn delete(&self, _: &str, _: Option<&str>) -> Result<bool, SecretError> {
        Err(self.read_only())
    }
}
