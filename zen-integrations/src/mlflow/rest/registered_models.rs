//! Registered models and their aliases.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Client, StoredVersion};
use crate::mlflow::MlflowError;

/// A registered model.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct RegisteredModel {
    /// Its name.
    pub name: String,
    /// Its aliases.
    #[serde(default)]
    pub aliases: Vec<Alias>,
}

/// What an alias points at.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Alias {
    /// The alias.
    pub alias: String,
    /// The version's number.
    pub version: String,
}

#[derive(Deserialize)]
struct Found {
    registered_model: RegisteredModel,
}

#[derive(Deserialize)]
struct Version {
    model_version: StoredVersion,
}

impl Client {
    /// Makes sure that there is a model of this name: `POST registered-models/create`.
    ///
    /// # Errors
    /// When the name is refused, or the server can't be asked.
    pub fn ensure_model(&self, name: &str) -> Result<(), MlflowError> {
        let made: Result<Value, _> = self.post("registered-models/create", &json!({ "name": name }));
        match made {
            Err(error) if !error.is_taken() => Err(error),
            _ => Ok(()),
        }
    }

    /// The model of this name, if there is one: `GET registered-models/get`.
    ///
    /// # Errors
    /// When the server can't be asked.
    pub fn model(&self, name: &str) -> Result<Option<RegisteredModel>, MlflowError> {
        let found: Result<Found, _> = self.get("registered-models/get", &[("name", name)]);
        match found {
            Ok(found) => Ok(Some(found.registered_model)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The version an alias points at: `GET registered-models/alias`.
    ///
    /// # Errors
    /// When the server can't be asked.
    pub fn version_by_alias(&self, name: &str, alias: &str) -> Result<Option<StoredVersion>, MlflowError> {
        let found: Result<Version, _> =
            self.get("registered-models/alias", &[("name", name), ("alias", alias)]);
        match found {
            Ok(found) => Ok(Some(found.model_version)),
            Err(error) if error.is_missing() || error.is_missing_alias() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Points an alias at a version: `POST registered-models/alias`.
    ///
    /// # Errors
    /// When there is no such version, the alias is refused, or the server can't be asked.
    pub fn set_alias(&self, name: &str, alias: &str, version: &str) -> Result<(), MlflowError> {
        let body = json!({ "name": name, "alias": alias, "version": version });
        let _: Value = self.post("registered-models/alias", &body)?;
        Ok(())
    }

    /// Removes an alias: `DELETE registered-models/alias`. Nothing happens when there is none.
    ///
    /// # Errors
    /// When the server can't be asked.
    pub fn delete_alias(&self, name: &str, alias: &str) -> Result<(), MlflowError> {
        let done: Result<Value, _> = self.delete(
            "registered-models/alias",
            &json!({ "name": name, "alias": alias }),
        );
        match done {
            Err(error) if !error.is_missing() && !error.is_missing_alias() => Err(error),
            _ => Ok(()),
        }
    }
}
