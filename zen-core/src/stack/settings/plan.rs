//! A stack with all that is said about it, and who said it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{ComponentPlace, DEFAULT_NAME, Source};
use crate::stack::ComponentType;
use crate::stack::registry::{default_flavor, flavor};

/// A stack with all that is said about it, and who said it. Holds references to secrets, never secrets; so it can be shown, and passed to other
/// processes, which open the same stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackPlan {
    /// Its name.
    pub name: String,
    /// Who named it.
    pub source: Source,
    /// The project's folder, where relative paths begin.
    pub project: PathBuf,
    /// Its components, in the order of [`ComponentType::ALL`]. What another version of zen says of types that this one doesn't have is left out.
    #[serde(deserialize_with = "known")]
    pub components: Vec<ComponentPlan>,
}

/// Reads what can be read: a kept program is told of what newer ones have.
fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ComponentPlan>, D::Error> {
    let all = Vec::<Value>::deserialize(deserializer)?;
    let known = all
        .into_iter()
        .filter_map(|plan| serde_json::from_value(plan).ok());
    Ok(known.collect())
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
    /// The plan of another program as this one carries it out: of what nobody asked for, this program has its own defaults.
    pub(crate) fn adopted(mut self) -> Self {
        let is_known = |plan: &ComponentPlan| flavor(plan.kind, &plan.flavor).is_ok();
        self.components
            .retain(|plan| !plan.is_default() || is_known(plan));
        for kind in ComponentType::ALL {
            if self.component(kind).is_none()
                && let Some(flavor) = default_flavor(kind)
            {
                self.components.push(ComponentPlan {
                    kind,
                    name: DEFAULT_NAME.to_owned(),
                    source: Source::Default,
                    flavor: flavor.name().to_owned(),
                    defined: Source::Default,
                    values: BTreeMap::new(),
                });
            }
        }
        self.components.sort_by_key(|plan| plan.kind);
        self
    }

    /// Whether the same stack comes of both: who said so doesn't count.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let parts = |plan: &Self| -> Vec<_> {
            let parts = plan.components.iter();
            parts
                .map(|part| (part.kind, part.name.clone(), part.flavor.clone(), part.given()))
                .collect()
        };
        self.name == other.name && self.project == other.project && parts(self) == parts(other)
    }

    /// Its component of this type.
    pub fn component(&self, kind: ComponentType) -> Option<&ComponentPlan> {
        self.components.iter().find(|component| component.kind == kind)
    }
}

impl ComponentPlan {
    /// Whether nobody asked for it.
    fn is_default(&self) -> bool {
        self.source == Source::Default && self.defined == Source::Default
    }

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
