//! Values of configurations: read from text, and checked before anybody relies on them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ComponentDefinition, SettingsError};
use crate::near::nearest;
use crate::secrets::references;
use crate::stack::{FlavorEntry, flavor};

/// A value from a text, as flags and the environment hold it, for this key of a flavour: texts are taken as they are, other types are read as JSON.
///
/// # Errors
/// When the flavour has no such key.
pub fn parse_value(definition: &ComponentDefinition, key: &str, text: &str) -> Result<Value, SettingsError> {
    let flavor = flavor(definition.kind, &definition.flavor)?;
    let keys = flavor.keys();
    let Some(known) = keys.iter().find(|known| known.name == key) else {
        return Err(unknown_key(definition, flavor, key));
    };
    let takes = &known.takes;
    if known.secret
        || takes.split(" or ").any(|takes| takes == "text")
        || takes.contains(" | ") && takes != "true | false"
    {
        return Ok(Value::String(text.to_owned()));
    }
    // What is no JSON is refused by the type, with its own words.
    Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())))
}

/// Checks a component's flavour and configuration without opening anything: keys, types, that secrets are references, and that no URL holds a password.
///
/// # Errors
/// The first mistake, with the key and what it takes.
pub fn check_component(definition: &ComponentDefinition) -> Result<(), SettingsError> {
    let flavor = flavor(definition.kind, &definition.flavor)?;
    let keys = flavor.keys();
    let wrong = |key: &str, reason: String| SettingsError::Value {
        of: definition.place(),
        key: key.to_owned(),
        reason,
    };
    for (key, value) in &definition.values {
        let Some(known) = keys.iter().find(|known| known.name == *key) else {
            return Err(unknown_key(definition, flavor, key));
        };
        check_texts(value, known.secret).map_err(|reason| wrong(key, reason))?;
    }
    for key in keys.iter().filter(|key| key.required) {
        if !definition.values.contains_key(&key.name) {
            let what = match key.doc.is_empty() {
                true => String::new(),
                false => format!(" ({})", key.doc.trim_end_matches('.')),
            };
            return Err(wrong(
                &key.name,
                format!("it is missing{what}; it takes a {}", key.takes),
            ));
        }
    }
    let values: serde_json::Map<String, Value> = definition.values.clone().into_iter().collect();
    flavor.check_values(Value::Object(values)).map_err(|mistake| {
        let takes = keys
            .iter()
            .find(|key| key.name == mistake.key)
            .map(|key| key.takes.clone());
        let takes = takes
            .map(|takes| format!("; it takes: {takes}"))
            .unwrap_or_default();
        wrong(&mistake.key, format!("{}{takes}", mistake.reason))
    })
}

fn unknown_key(definition: &ComponentDefinition, flavor: &FlavorEntry, key: &str) -> SettingsError {
    let names: Vec<_> = flavor.keys().into_iter().map(|key| key.name).collect();
    SettingsError::UnknownKey {
        of: definition.place(),
        key: key.chars().take(100).collect(),
        near: nearest(key, names.iter().map(String::as_str)).map(str::to_owned),
        known: match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        },
    }
}

/// Refuses what may be a secret in the open.
fn check_texts(value: &Value, secret: bool) -> Result<(), String> {
    match value {
        Value::String(text) => {
            references(text).map_err(|error| error.to_string())?;
            if secret && !is_only_references(text) {
                return Err(
                    "it is secret, and takes nothing but a reference: keep it with `zen secret set NAME KEY`, and write `{{NAME.KEY}}` here"
                        .into(),
                );
            }
            match password_in_the_open(text) {
                true => Err(
                    "the URL holds a password: keep it with `zen secret set NAME KEY`, and write `{{NAME.KEY}}` in its place".into(),
                ),
                false => Ok(()),
            }
        }
        Value::Array(values) => values.iter().try_for_each(|value| check_texts(value, secret)),
        Value::Object(values) => values.values().try_for_each(|value| check_texts(value, secret)),
        _ if secret => Err("a secret is a text `{{NAME.KEY}}`".into()),
        // What TOML couldn't hold would come back as another number.
        Value::Number(number) if number.as_i64().is_none() && !number.is_f64() => {
            Err("a whole number has at most 64 bits".into())
        }
        _ => Ok(()),
    }
}

/// Whether a text is a URL with a password that is no reference.
fn password_in_the_open(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else {
        return false;
    };
    let password = user.split_once(':').map(|(_, password)| password);
    password.is_some_and(|password| !password.is_empty() && !is_only_references(password))
}

/// Whether a text is made of references and nothing else.
fn is_only_references(text: &str) -> bool {
    let mut rest = text;
    while let Some(end) = rest.strip_prefix("{{").and_then(|inner| inner.find("}}")) {
        rest = &rest[end + 4..];
    }
    rest.is_empty() && !text.is_empty()
}

/// Every text of a value with its references replaced.
pub(in crate::stack) fn resolved<E>(
    value: &Value,
    resolve: &impl Fn(&str) -> Result<String, E>,
) -> Result<Value, E> {
    Ok(match value {
        Value::String(text) => Value::String(resolve(text)?),
        Value::Array(values) => Value::Array(
            values
                .iter()
                .map(|value| resolved(value, resolve))
                .collect::<Result<_, E>>()?,
        ),
        Value::Object(values) => {
            let entries = values
                .iter()
                .map(|(key, value)| Ok((key.clone(), resolved(value, resolve)?)));
            Value::Object(entries.collect::<Result<_, E>>()?)
        }
        other => other.clone(),
    })
}

/// A definition's values as one JSON object.
pub(in crate::stack) fn object(values: BTreeMap<String, Value>) -> Value {
    Value::Object(values.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_seen() {
        for open in [
            "https://me:pw@host/x",
            "https://me:{{a.b}}pw@host",
            "postgres://a:b@h",
            "s3://k:{s}@b",
        ] {
            assert!(password_in_the_open(open), "{open}");
        }
        for fine in [
            "https://host:80/x@y",
            "https://me@host",
            "https://me:{{a.b}}@host",
            "https://me:{{a.b}}{{a.c}}@host",
            "no url: a:b@c",
            "https://me:@host",
        ] {
            assert!(!password_in_the_open(fine), "{fine}");
        }
    }
}
