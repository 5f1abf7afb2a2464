//! Secrets in the environment of the process.

use std::ffi::OsStr;

use super::reference::is_name;
use super::{Reference, Secret, SecretError, SecretNames, SecretsStore};

/// What the name of every variable that is a secret begins with.
pub const SECRET_PREFIX: &str = "ZEN_SECRET_";

/// What stands between the secret's name and the key.
const BETWEEN: &str = "__";

/// The variables `ZEN_SECRET_<NAME>__<KEY>` of this process's environment. Can only be read.
///
/// Names of variables are in upper case and have no `-`: `{{data-base.password}}` is `ZEN_SECRET_DATA_BASE__PASSWORD`, and so is
/// `{{Data_Base.Password}}`. [`names`](SecretsStore::names) tells them in lower case with `_`, cut at the first `__`. A variable that is empty is
/// no secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EnvironmentSecrets;

impl EnvironmentSecrets {
    /// The variable that is this value of this secret.
    ///
    /// ```
    /// use zen_core::secrets::EnvironmentSecrets;
    ///
    /// let reference = "data-base.password".parse().unwrap();
    /// assert_eq!(EnvironmentSecrets::variable(&reference), "ZEN_SECRET_DATA_BASE__PASSWORD");
    /// ```
    pub fn variable(reference: &Reference) -> String {
        let (name, key) = (folded(&reference.name), folded(&reference.key));
        format!("{SECRET_PREFIX}{name}{BETWEEN}{key}")
    }
}

/// Whether a variable of the environment is a secret.
pub(crate) fn is_secret_variable(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with(SECRET_PREFIX)
}

fn folded(part: &str) -> String {
    part.to_ascii_uppercase().replace('-', "_")
}

impl SecretsStore for EnvironmentSecrets {
    fn location(&self) -> String {
        "the environment".to_owned()
    }

    fn get(&self, reference: &Reference) -> Result<Option<Secret>, SecretError> {
        let value = std::env::var_os(Self::variable(reference)).filter(|value| !value.is_empty());
        let text = value.map(|value| value.into_string());
        let text = text.transpose().map_err(|_| SecretError::Value {
            reference: reference.clone(),
            reason: "its variable in the environment is no UTF-8 text",
        })?;
        Ok(text.map(Secret::new))
    }

    fn names(&self) -> Result<SecretNames, SecretError> {
        let mut names = SecretNames::new();
        for (variable, value) in std::env::vars_os() {
            let Some(variable) = variable.to_str().filter(|_| !value.is_empty()) else {
                continue;
            };
            let parts = variable
                .strip_prefix(SECRET_PREFIX)
                .and_then(|rest| rest.split_once(BETWEEN));
            let Some((name, key)) = parts.filter(|(name, key)| is_name(name) && is_name(key)) else {
                continue;
            };
            names
                .entry(name.to_ascii_lowercase())
                .or_default()
                .push(key.to_ascii_lowercase());
        }
        for keys in names.values_mut() {
            keys.sort();
            keys.dedup();
        }
        Ok(names)
    }

    fn set(&self, _: &Reference, _: &Secret) -> Result<(), SecretError> {
        Err(self.read_only())
    }

    fn delete(&self, _: &str, _: Option<&str>) -> Result<bool, SecretError> {
        Err(self.read_only())
    }
}

impl EnvironmentSecrets {
    fn read_only(&self) -> SecretError {
        SecretError::ReadOnly {
            location: self.location(),
        }
    }
}
