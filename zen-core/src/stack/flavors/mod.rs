//! The flavours that zen itself has, of the components that every stack has.

#[cfg(feature = "__cloud")]
mod cloud;
mod local_artifacts;
mod memory;
mod secrets;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::sync::Arc;

use super::{ComponentKind, ComponentType};
use crate::artifact::ArtifactStore;
use crate::metadata::MetadataStore;
use crate::secrets::SecretsStore;

/// The kind of [artifact stores](ArtifactStore).
#[derive(Debug)]
pub struct ArtifactStoreKind;

impl ComponentKind for ArtifactStoreKind {
    const TYPE: ComponentType = ComponentType::ArtifactStore;
    type Value = ArtifactStore;
}

/// The kind of [metadata stores](MetadataStore).
#[derive(Debug)]
pub struct MetadataStoreKind;

impl ComponentKind for MetadataStoreKind {
    const TYPE: ComponentType = ComponentType::MetadataStore;
    type Value = Arc<dyn MetadataStore>;
}

/// The kind of [secrets stores](SecretsStore).
#[derive(Debug)]
pub struct SecretsStoreKind;

impl ComponentKind for SecretsStoreKind {
    const TYPE: ComponentType = ComponentType::SecretsStore;
    type Value = Arc<dyn SecretsStore>;
}

/// Whether there is such a file or folder; there is none below a file.
fn is_there(path: &std::path::Path) -> std::io::Result<bool> {
    match path.try_exists() {
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(false),
        other => other,
    }
}

/// Whether a file or folder that isn't there could be: what is there of its path is a folder that may be written to.
fn can_be_made(path: &std::path::Path) -> super::Opened<()> {
    let there = path.ancestors().find(|ancestor| ancestor.exists());
    match there {
        Some(folder) if folder.is_dir() && !folder.metadata()?.permissions().readonly() => Ok(()),
        Some(there) => Err(format!(
            "{} can't be made: {} is no folder that can be written to",
            path.display(),
            there.display()
        )
        .into()),
        None => Err(format!("{} can't be made", path.display()).into()),
    }
}

/// A configuration without keys.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
struct Nothing {}
