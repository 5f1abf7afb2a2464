//! What a model registry does.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::RegistryError;
use crate::graph::Component;
use crate::serving::ModelRef;
use crate::stack::{ComponentKind, ComponentType, Stack, StackBuilder};

/// A model to register as the next version of a name.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NewVersion {
    /// The name it is registered under.
    pub name: String,
    /// The model.
    pub model: ModelRef,
    /// What people should know of this version.
    pub description: Option<String>,
    /// Tags of the version.
    pub tags: BTreeMap<String, String>,
    /// The run that registers it.
    pub run: Option<Uuid>,
    /// What that run is called by the stack's experiment tracker, when it is tracked.
    pub tracked_run: Option<String>,
}

impl NewVersion {
    /// This model, by this name.
    pub fn of(name: impl Into<String>, model: ModelRef) -> Self {
        Self {
            name: name.into(),
            model,
            description: None,
            tags: BTreeMap::new(),
            run: None,
            tracked_run: None,
        }
    }

    /// What people should know of it.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// A tag of the version.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }
}

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelVersion {
    /// The name it is registered under.
    pub name: String,
    /// The version, as the registry counts them.
    pub version: String,
    /// What people should know of it.
    pub description: Option<String>,
    /// The aliases that point at it, sorted.
    pub aliases: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Where its files are, in the registry's words.
    pub source: String,
    /// By what deployers and other programs find it: `models:/digits/3`.
    pub uri: String,
    /// The tracker's run that made it.
    pub tracked_run: Option<String>,
    /// When it was registered.
    pub created: DateTime<Utc>,
}

impl ModelVersion {
    /// A version of which no more is known yet.
    pub fn new(
        name: impl Into<String>,
        version: impl Into<String>,
        uri: impl Into<String>,
        created: DateTime<Utc>,
    ) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            description: None,
            aliases: Vec::new(),
            tags: BTreeMap::new(),
            source: String::new(),
            uri: uri.into(),
            tracked_run: None,
            created,
        }
    }
}

/// The tag of a version that holds the digest of the artifact it was made from.
pub const DIGEST_TAG: &str = "zen.model_digest";

/// Publishes models by name, version and alias. A component of the stack.
///
/// Methods block. Names and aliases are checked by the registry.
pub trait ModelRegistry: Send + Sync + fmt::Debug {
    /// Where it is, without credentials.
    fn location(&self) -> String;

    /// Registers a model as the next version of its name, with the tag [`DIGEST_TAG`]; the name is made when there is none. Two calls at once make two versions.
    ///
    /// # Errors
    /// When the model can't be read or written in the registry's format, or the registry can't be reached or refuses.
    fn register(&self, stack: &Stack, version: &NewVersion) -> Result<ModelVersion, RegistryError>;

    /// All versions of a model, the newest first; none when there is no such model.
    ///
    /// # Errors
    /// When the registry can't be reached or refuses.
    fn versions(&self, name: &str) -> Result<Vec<ModelVersion>, RegistryError>;

    /// A version, if there is one.
    ///
    /// # Errors
    /// When the registry can't be reached or refuses.
    fn version(&self, name: &str, version: &str) -> Result<Option<ModelVersion>, RegistryError>;

    /// The version that an alias points at, if it points at one.
    ///
    /// # Errors
    /// When the registry can't be reached or refuses.
    fn by_alias(&self, name: &str, alias: &str) -> Result<Option<ModelVersion>, RegistryError>;

    /// Points an alias at a version, wherever it pointed before.
    ///
    /// # Errors
    /// When there is no such version, or the registry can't be reached or refuses.
    fn set_alias(&self, name: &str, alias: &str, version: &str) -> Result<(), RegistryError>;

    /// Removes an alias; nothing happens when there is none.
    ///
    /// # Errors
    /// When the registry can't be reached or refuses.
    fn remove_alias(&self, name: &str, alias: &str) -> Result<(), RegistryError>;

    /// Sets a tag of a version.
    ///
    /// # Errors
    /// When there is no such version, or the registry can't be reached or refuses.
    fn set_tag(&self, name: &str, version: &str, key: &str, value: &str) -> Result<(), RegistryError>;

    /// Removes a tag of a version; nothing happens when there is none.
    ///
    /// # Errors
    /// When there is no such version, or the registry can't be reached or refuses.
    fn remove_tag(&self, name: &str, version: &str, key: &str) -> Result<(), RegistryError>;

    /// Writes a version's files into a folder, which is made and must be empty otherwise, and returns the folder of the model in it. When it fails, what it
    /// has written is removed.
    ///
    /// # Errors
    /// When there is no such version, a file can't be read or written, or the registry can't be reached.
    fn download(&self, name: &str, version: &str, into: &Path) -> Result<PathBuf, RegistryError>;
}

/// The kind of [model registries](ModelRegistry).
#[derive(Debug)]
pub struct ModelRegistryKind;

impl ComponentKind for ModelRegistryKind {
    const TYPE: ComponentType = ComponentType::ModelRegistry;
    type Value = Arc<dyn ModelRegistry>;
}

impl StackBuilder {
    /// The model registry.
    #[must_use]
    pub fn model_registry(self, registry: Arc<dyn ModelRegistry>) -> Self {
        let (kind, flavor) = (ComponentType::ModelRegistry.as_str(), "given");
        self.component(Component::new(kind, "default", flavor, Arc::new(registry)))
    }
}
