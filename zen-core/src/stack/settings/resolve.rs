//! Putting together what all say about a stack.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ComponentDefinition, ComponentPlan, DEFAULT_NAME, Settings, SettingsError, Source, Sourced, StackChoice,
    StackPlan, check_component, parse_value,
};
use crate::artifact::StoreUrl;
use crate::stack::{ComponentType, flavor};

impl Settings {
    /// What there is to a stack: that of the choice, else the active one.
    ///
    /// # Errors
    /// When a stack or a component is named that isn't there, or a variable of the environment or the choice sets a key that a flavour doesn't
    /// have.
    pub fn plan(&self, choice: &StackChoice) -> Result<StackPlan, SettingsError> {
        let (name, source) = match &choice.stack {
            Some(name) => (name.clone(), Source::Call),
            None => self.active(),
        };
        let stack = self.stack_named_by(&name, Some(source.clone()))?;
        let mut components = Vec::new();
        for kind in ComponentType::ALL {
            let (named, named_by) = match named_above(kind, choice) {
                Some(named) => named,
                None => match stack.components.get(&kind) {
                    Some(name) => (name.clone(), stack.source.clone()),
                    None => (DEFAULT_NAME.to_owned(), Source::Default),
                },
            };
            let definition = match url_store(kind, &named, &named_by)? {
                Some(definition) => definition,
                None if named_by == Source::Default => match self.component(kind, &named) {
                    Ok(definition) => definition,
                    // A type without a default: the stack has none.
                    Err(_) => continue,
                },
                None => self.component_named_by(kind, &named, Some(named_by.clone()))?,
            };
            components.push(component(definition, named_by, choice)?);
        }
        // What was asked for in vain would else never be noticed.
        for (kind, key) in choice.values.keys() {
            if !components
                .iter()
                .any(|component: &ComponentPlan| component.kind == *kind)
            {
                return Err(SettingsError::Unused {
                    stack: name,
                    kind: *kind,
                    key: key.clone(),
                });
            }
        }
        Ok(StackPlan {
            name,
            source,
            project: self.home.parent().unwrap_or(&self.home).to_owned(),
            components,
        })
    }
}

/// What the call or the environment names.
fn named_above(kind: ComponentType, choice: &StackChoice) -> Option<(String, Source)> {
    if let Some(name) = choice.components.get(&kind) {
        return Some((name.clone(), Source::Call));
    }
    let variable = kind.variable();
    let name = std::env::var(&variable).ok().filter(|name| !name.is_empty())?;
    Some((name, Source::Environment { variable }))
}

/// An artifact store that is named by its URL.
fn url_store(
    kind: ComponentType,
    named: &str,
    by: &Source,
) -> Result<Option<ComponentDefinition>, SettingsError> {
    // A name has no slash.
    if kind != ComponentType::ArtifactStore || !named.contains('/') {
        return Ok(None);
    }
    let definition = |flavor: &str| ComponentDefinition {
        source: by.clone(),
        ..ComponentDefinition::new(kind, "by-url", flavor)
    };
    // What is refused may hold what mustn't be shown, and the parser shows nothing of it.
    let url = StoreUrl::parse(named).map_err(|error| SettingsError::Value {
        of: definition("by its URL").place(),
        key: String::new(),
        reason: crate::graph::chain(&error),
    })?;
    Ok(Some(match &url {
        StoreUrl::Memory => definition("memory"),
        StoreUrl::File(folder) => definition("local").with("path", folder.to_string_lossy().into_owned()),
        StoreUrl::S3 { .. } => definition("s3").with("url", url.to_string()),
        StoreUrl::Gs { .. } => definition("gs").with("url", url.to_string()),
        StoreUrl::Az { .. } => definition("az").with("url", url.to_string()),
    }))
}

fn component(
    mut definition: ComponentDefinition,
    source: Source,
    choice: &StackChoice,
) -> Result<ComponentPlan, SettingsError> {
    let kind = definition.kind;
    let mut values: BTreeMap<String, Sourced> = BTreeMap::new();
    // A flavour that another program has can't be looked into; what is said of it is kept.
    let known = flavor(kind, &definition.flavor).ok();
    for key in known.map(|flavor| flavor.keys()).unwrap_or_default() {
        if let Some(value) = key.default {
            let source = Source::Default;
            values.insert(key.name, Sourced { value, source });
        }
    }
    let defined = definition.source.clone();
    for (key, value) in &definition.values {
        let (value, source) = (value.clone(), defined.clone());
        values.insert(key.clone(), Sourced { value, source });
    }
    let prefix = format!("{}__", kind.variable());
    for (variable, text) in std::env::vars_os() {
        let (Some(variable), Some(text)) = (variable.to_str(), text.to_str()) else {
            continue;
        };
        if let Some(key) = variable.strip_prefix(&prefix).filter(|_| !text.is_empty()) {
            let key = key.to_ascii_lowercase();
            // The program that has the flavour reads it.
            let value = match known {
                Some(_) => parse_value(&definition, &key, text).map_err(|error| SettingsError::Variable {
                    variable: variable.to_owned(),
                    reason: error.to_string(),
                })?,
                None => Value::String(text.to_owned()),
            };
            let source = Source::Environment {
                variable: variable.to_owned(),
            };
            definition.values.insert(key.clone(), value.clone());
            values.insert(key, Sourced { value, source });
        }
    }
    for ((_, key), value) in choice.values.iter().filter(|((of, _), _)| *of == kind) {
        let (value, source) = (value.clone(), Source::Call);
        definition.values.insert(key.clone(), value.clone());
        values.insert(key.clone(), Sourced { value, source });
    }
    if known.is_some() {
        check_component(&definition).map_err(|error| {
            // What is wrong with a value stands where the value does, which may be elsewhere than the component.
            let key = match &error {
                SettingsError::UnknownKey { key, .. } | SettingsError::Value { key, .. } => key,
                _ => "",
            };
            // Of a value deep inside, it is the key's.
            let key = key.split(['.', '[']).next().unwrap_or_default();
            match values.get(key).map(|value| value.source.clone()) {
                Some(source) if source != Source::Default => error.defined_at(source),
                _ => error,
            }
        })?;
    }
    Ok(ComponentPlan {
        kind,
        name: definition.name,
        source,
        flavor: definition.flavor,
        defined,
        values,
    })
}
