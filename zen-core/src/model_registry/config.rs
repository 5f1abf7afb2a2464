//! How a model is to be registered.

use serde::{Deserialize, Serialize};

/// How a model is to be registered, whichever registry does it.
///
/// ```
/// use zen_core::model_registry::RegistryConfig;
///
/// let config = RegistryConfig::named("digits").promote("champion");
/// assert_eq!(config.name, "digits");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegistryConfig {
    /// The name it is registered under.
    pub name: String,
    /// The alias that points at the best version, if there is to be one.
    pub promote: Option<String>,
    /// What people should know of the version.
    pub description: Option<String>,
    /// Tags of the version.
    pub tags: Vec<(String, String)>,
}

impl RegistryConfig {
    /// A model of this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            promote: None,
            description: None,
            tags: Vec::new(),
        }
    }

    /// Points this alias at the version when its score is better than that of the version that has the alias, or when none has it.
    #[must_use]
    pub fn promote(mut self, alias: impl Into<String>) -> Self {
        self.promote = Some(alias.into());
        self
    }

    /// What people should know of the version.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// A tag of the version.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }
}
