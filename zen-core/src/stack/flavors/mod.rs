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

/// A configuration without keys.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
struct Nothing {}
