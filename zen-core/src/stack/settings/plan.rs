//! A stack with all that is said about it, and who said it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ComponentPlace, Source};
use crate::stack::ComponentType;

/// A stack with all that is said about it, and who said it. Holds references to secrets, never secrets; so it can be shown, and passed to other
/// processes, which open the same stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackPlan {
    /// Its name.
    pub name: String,
    /// Who named it.
    pub source: Source,
    /// Its components, in the order of [`ComponentType::ALL`].
    pub components: Vec<ComponentPlan>,
}

/// A component of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComponentPlan {
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: ComponentType,
    /// Its name.
    pub name: String,
    /// Who named it.
    pub source: Source,
    /// Its implementation.
    pub flavor: String,
    /// Where it is defined.
    pub defined: Source,
    /// Its configuration; with the defaults, when this program has the flavour.
    pub values: BTreeMap<String, Sourced>,
}

/// A value, and who said it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sourced {
    /// As it was said: references to secrets are not resolved.
    pub value: Value,
    /// Who said it.
    pub source: Source,
}

impl StackPlan {
    /// Its component of this type.
    pub fn component(&self, kind: ComponentType) -> Option<&ComponentPlan> {
        self.components.iter().find(|component| component.kind == kind)
    }
}

impl ComponentPlan {
    /// What it is called in errors.
    pub(crate) fn place(&self) -> Box<ComponentPlace> {
        Box::new(ComponentPlace {
            kind: self.kind,
            name: self.name.clone(),
            flavor: self.flavor.clone(),
            defined: self.defined.clone(),
        })
    }

    /// What the flavour gets: what was said by anybody. Its defaults it knows itself.
    pub(crate) fn given(&self) -> BTreeMap<String, Value> {
        let given = self
            .values
            .iter()
            .filter(|(_, value)| value.source != Source::Default);
        given
            .map(|(key, value)| (key.clone(), value.value.clone()))
            .collect()
    }
}
