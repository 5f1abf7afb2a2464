//! Components and stacks as they are defined: in `zen.toml`, or by registering them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ComponentPlace, SettingsError, Source};
use crate::stack::ComponentType;

/// The name of the components and of the stack that are there without being defined.
pub const DEFAULT_NAME: &str = "default";

/// A component as it is defined. Values are as they were written, references to secrets among them: they hold no secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComponentDefinition {
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: ComponentType,
    /// Its name, unique among those of its type.
    pub name: String,
    /// Its implementation.
    pub flavor: String,
    /// Its configuration.
    pub values: BTreeMap<String, Value>,
    /// Where it is defined.
    pub source: Source,
}

impl ComponentDefinition {
    /// A component that is to be registered.
    pub fn new(kind: ComponentType, name: impl Into<String>, flavor: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            flavor: flavor.into(),
            values: BTreeMap::new(),
            source: Source::Call,
        }
    }

    /// What it is called in errors.
    pub(super) fn place(&self) -> Box<ComponentPlace> {
        Box::new(ComponentPlace {
            kind: self.kind,
            name: self.name.clone(),
            flavor: self.flavor.clone(),
            defined: self.source.clone(),
        })
    }

    /// With this value in its configuration.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.values.insert(key.into(), value.into());
        self
    }
}

/// A stack as it is defined: the names of its components. Of the types it doesn't name, it has the component `default`, if there is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackDefinition {
    /// Its name.
    pub name: String,
    /// The names of its components.
    pub components: BTreeMap<ComponentType, String>,
    /// Where it is defined.
    pub source: Source,
}

impl StackDefinition {
    /// A stack that is to be registered.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            components: BTreeMap::new(),
            source: Source::Call,
        }
    }

    /// With this component.
    #[must_use]
    pub fn with(mut self, kind: ComponentType, name: impl Into<String>) -> Self {
        self.components.insert(kind, name.into());
        self
    }
}

/// Refuses what can't be a name.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), SettingsError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.';
    if (1..=100).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with(['-', '.']) {
        return Ok(());
    }
    Err(SettingsError::Name {
        what,
        name: name.chars().take(100).collect(),
    })
}
