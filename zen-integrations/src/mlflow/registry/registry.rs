//! What the registry does.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use zen_core::model_registry::{ModelRegistry, ModelVersion, NewVersion, RegistryError};
use zen_core::stack::Stack;

use crate::mlflow::MlflowError;
use crate::mlflow::rest::{Client, StoredVersion, Tag};

/// Publishes models in MLflow.
#[derive(Debug)]
pub(super) struct Registry {
    pub(super) client: Arc<Client>,
    pub(super) experiment: String,
}

impl Registry {
    /// The error of what was asked.
    pub(super) fn failed(&self, doing: &str) -> impl Fn(MlflowError) -> RegistryError + use<> {
        let (location, doing) = (self.location(), doing.to_owned());
        move |error| error.of_registry(&location, &doing)
    }

    /// The error of what was asked of a version that may not be there.
    pub(super) fn failed_of(
        &self,
        doing: &str,
        name: &str,
        version: &str,
    ) -> impl Fn(MlflowError) -> RegistryError + use<> {
        let failed = self.failed(doing);
        let missing = self.no_version(name, version);
        move |error| match (&missing, error.is_missing()) {
            (
                RegistryError::NoVersion {
                    location,
                    name,
                    version,
                },
                true,
            ) => RegistryError::NoVersion {
                location: location.clone(),
                name: name.clone(),
                version: version.clone(),
            },
            _ => failed(error),
        }
    }

    pub(super) fn no_version(&self, name: &str, version: &str) -> RegistryError {
        RegistryError::NoVersion {
            location: self.location(),
            name: name.to_owned(),
            version: version.to_owned(),
        }
    }

    /// The version, which must be there.
    pub(super) fn existing(
        &self,
        doing: &str,
        name: &str,
        version: &str,
    ) -> Result<StoredVersion, RegistryError> {
        let found = self.client.version(name, version).map_err(self.failed(doing))?;
        found.ok_or_else(|| self.no_version(name, version))
    }
}

/// A version in zen's words.
pub(super) fn translated(stored: StoredVersion) -> ModelVersion {
    let created =
        DateTime::from_timestamp_millis(stored.creation_timestamp).unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
    let uri = format!("models:/{}/{}", stored.name, stored.version);
    let mut version = ModelVersion::new(stored.name, stored.version, uri, created);
    version.description = Some(stored.description).filter(|text| !text.is_empty());
    version.aliases = stored.aliases;
    version.aliases.sort();
    version.tags = stored
        .tags
        .into_iter()
        .map(|tag| (tag.key, tag.value))
        .collect::<BTreeMap<_, _>>();
    version.source = stored.source;
    version.tracked_run = Some(stored.run_id).filter(|id| !id.is_empty());
    version
}

impl ModelRegistry for Registry {
    fn location(&self) -> String {
        self.client.uri().to_string()
    }

    fn register(&self, stack: &Stack, version: &NewVersion) -> Result<ModelVersion, RegistryError> {
        self.publish(stack, version)
    }

    fn versions(&self, name: &str) -> Result<Vec<ModelVersion>, RegistryError> {
        let failed = self.failed("listing versions");
        let Some(model) = self.client.model(name).map_err(&failed)? else {
            return Ok(Vec::new());
        };
        let mut aliases: HashMap<String, Vec<String>> = HashMap::new();
        for alias in model.aliases {
            aliases.entry(alias.version).or_default().push(alias.alias);
        }
        let stored = self.client.versions(name).map_err(&failed)?;
        let versions = stored.into_iter().map(|mut stored| {
            stored.aliases = aliases.remove(&stored.version).unwrap_or_default();
            translated(stored)
        });
        Ok(versions.collect())
    }

    fn version(&self, name: &str, version: &str) -> Result<Option<ModelVersion>, RegistryError> {
        let found = self
            .client
            .version(name, version)
            .map_err(self.failed("looking for a version"))?;
        Ok(found.map(translated))
    }

    fn by_alias(&self, name: &str, alias: &str) -> Result<Option<ModelVersion>, RegistryError> {
        let found = self
            .client
            .version_by_alias(name, alias)
            .map_err(self.failed("looking for an alias"))?;
        Ok(found.map(translated))
    }

    fn set_alias(&self, name: &str, alias: &str, version: &str) -> Result<(), RegistryError> {
        let doing = format!("to point the alias `{alias}` at version {version} of `{name}`");
        self.existing(&doing, name, version)?;
        self.client
            .set_alias(name, alias, version)
            .map_err(self.failed_of(&doing, name, version))
    }

    fn remove_alias(&self, name: &str, alias: &str) -> Result<(), RegistryError> {
        let doing = format!("to remove the alias `{alias}` of `{name}`");
        self.client.delete_alias(name, alias).map_err(self.failed(&doing))
    }

    fn set_tag(&self, name: &str, version: &str, key: &str, value: &str) -> Result<(), RegistryError> {
        let doing = format!("to set the tag `{key}` of version {version} of `{name}`");
        self.existing(&doing, name, version)?;
        self.client
            .set_version_tag(name, version, &Tag::new(key, value))
            .map_err(self.failed_of(&doing, name, version))
    }

    fn remove_tag(&self, name: &str, version: &str, key: &str) -> Result<(), RegistryError> {
        let doing = format!("to remove the tag `{key}` of version {version} of `{name}`");
        self.existing(&doing, name, version)?;
        self.client
            .delete_version_tag(name, version, key)
            .map_err(self.failed_of(&doing, name, version))
    }

    fn download(&self, name: &str, version: &str, into: &Path) -> Result<PathBuf, RegistryError> {
        self.fetch(name, version, into)
    }
}
