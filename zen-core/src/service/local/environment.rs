//! What of this process's environment a service's process doesn't get.

use std::ffi::OsString;

use serde_json::Value;

use crate::secrets::{EnvironmentSecrets, Reference, is_secret_variable, references};
use crate::stack::{ComponentType, StackPlan};

/// The variables that hold secrets which neither the service's configuration names nor that of the stores that its process opens.
pub(super) fn withheld(config: &Value, stack: Option<&StackPlan>) -> Vec<OsString> {
    let mut named = Vec::new();
    name_all(config, &mut named);
    for kind in [ComponentType::MetadataStore, ComponentType::SecretsStore] {
        let store = stack.and_then(|plan| plan.component(kind));
        for value in store.into_iter().flat_map(|store| store.values.values()) {
            name_all(&value.value, &mut named);
        }
    }
    std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| is_secret_variable(name) && !named.iter().any(|known| **known == **name))
        .collect()
}

/// The variables that any text in the configuration may mean: by their names, as `name.key`, or as `{{name.key}}`.
fn name_all(config: &Value, named: &mut Vec<String>) {
    match config {
        Value::String(text) => {
            let whole = text.parse::<Reference>().ok();
            let within = references(text).unwrap_or_default();
            let variables = whole.iter().chain(&within).map(EnvironmentSecrets::variable);
            named.extend(variables.chain([text.clone()]));
        }
        Value::Array(values) => values.iter().for_each(|value| name_all(value, named)),
        Value::Object(fields) => fields.values().for_each(|value| name_all(value, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_its_secrets() {
        let config = serde_json::json!({
            "token": { "secret": "api.token" },
            "url": ["https://{{tracker.user}}@host"],
            "env": "ZEN_SECRET_OTHER__KEY",
            "rate": 0.5,
        });
        let mut named = Vec::new();
        name_all(&config, &mut named);
        for variable in [
            "ZEN_SECRET_API__TOKEN",
            "ZEN_SECRET_TRACKER__USER",
            "ZEN_SECRET_OTHER__KEY",
        ] {
            assert!(named.iter().any(|name| name == variable), "{named:?}");
        }
    }
}
