//! The file of what commands registered and set.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::SettingsError;
use super::document::{Document, Owner};

/// Where it is in the project's folder.
pub(super) fn file_of(home: &Path) -> PathBuf {
    home.join("stacks.toml")
}

/// Changes the file: what `change` makes of its newest content takes its place at once. Of several processes that do so, one waits for the other; one
/// that is killed has changed nothing, or all.
pub(super) fn changed(
    home: &Path,
    change: impl FnOnce(&mut Document) -> Result<(), SettingsError>,
) -> Result<(), SettingsError> {
    let path = file_of(home);
    let failed = |doing, source| SettingsError::File {
        doing,
        path: path.clone(),
        source,
    };
    crate::home_folder::make(home).map_err(|error| failed("making the folder of", error))?;
    let lock = lock(&home.join("stacks.lock")).map_err(|error| failed("locking", error))?;
    let mut document = Document::read(&path, Owner::Registry)?;
    let before = document.clone();
    change(&mut document)?;
    if document != before {
        let partial = home.join(format!(".stacks-{}.toml", uuid::Uuid::now_v7()));
        let written = write(&partial, &text(&document)).and_then(|()| std::fs::rename(&partial, &path));
        if let Err(error) = written {
            let _ = std::fs::remove_file(&partial);
            return Err(failed("writing", error));
        }
    }
    drop(lock);
    Ok(())
}

/// Held until the file is closed; the system releases it when the process dies.
fn lock(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    file.lock()?;
    Ok(file)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The document as TOML.
fn text(document: &Document) -> String {
    let mut root = toml::Table::new();
    if let Some((stack, _)) = &document.stack {
        root.insert("stack".into(), stack.clone().into());
    }
    let mut components = toml::Table::new();
    for component in document.components.values() {
        let mut table = toml::Table::new();
        table.insert("flavor".into(), component.flavor.clone().into());
        for (key, value) in &component.values {
            if let Some(value) = toml_value(value) {
                table.insert(key.clone(), value);
            }
        }
        let kind = components
            .entry(component.kind.as_str())
            .or_insert_with(|| toml::Table::new().into());
        if let toml::Value::Table(kind) = kind {
            kind.insert(component.name.clone(), table.into());
        }
    }
    let stacks = document.stacks.values().map(|stack| {
        let names = stack.components.iter();
        let table: toml::Table = names
            .map(|(kind, name)| (kind.to_string(), name.clone().into()))
            .collect();
        (stack.name.clone(), toml::Value::from(table))
    });
    let stacks: toml::Table = stacks.collect();
    if !components.is_empty() {
        root.insert("components".into(), components.into());
    }
    if !stacks.is_empty() {
        root.insert("stacks".into(), stacks.into());
    }
    format!("# Written by `zen stack` and `zen <component type>`; what people write is in zen.toml.\n{root}")
}

/// TOML has no null: that of a key is no key.
fn toml_value(value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(yes) => (*yes).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.clone().into(),
        Value::Array(values) => toml::Value::Array(values.iter().filter_map(toml_value).collect()),
        Value::Object(values) => {
            let entries = values
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), toml_value(value)?)));
            toml::Value::Table(entries.collect())
        }
    })
}
