//! Why a stack can't be opened.

use std::path::PathBuf;

use super::{ComponentType, SettingsError};
use crate::artifact::ArtifactError;
use crate::metadata::MetadataError;
use crate::near::did_you_mean;

/// Why a stack can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// The project's folder can't be made or used.
    #[error("cannot use {path}: set ZEN_HOME to a folder this program may write to")]
    Home {
        /// The folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The artifact store can't be opened.
    #[error(transparent)]
    Artifacts(#[from] ArtifactError),
    /// The metadata store can't be opened.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// A part that has no default in this build was not given.
    #[error("the stack has no {component}: {reason}")]
    Incomplete {
        /// Which component.
        component: &'static str,
        /// What to do.
        reason: &'static str,
    },
    /// The project's settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A component can't be opened.
    #[error("the {} `{name}` ({flavor}) can't be opened", .kind.words())]
    Component {
        /// Its type.
        kind: ComponentType,
        /// Its name.
        name: String,
        /// Its implementation.
        flavor: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A component of a stack can't be opened, for a reason that was told before.
    #[error(transparent)]
    NotOpened(std::sync::Arc<dyn std::error::Error + Send + Sync>),
}

/// There is no such flavour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownFlavor {
    /// This program has none of this name.
    #[error(
        "this program has no flavour `{flavor}` of {}{}; it has: {known}. A flavour of another crate is known only when the program refers \
         to that crate, as with `use zen_integrations as _;`",
        .kind.plural(), did_you_mean(.near.as_deref())
    )]
    Unknown {
        /// Of which type.
        kind: ComponentType,
        /// Its name.
        flavor: String,
        /// What was probably meant.
        near: Option<String>,
        /// Those there are.
        known: String,
    },
    /// This build lacks it.
    #[error(
        "this program was built without the artifact stores `{flavor}`: switch on the cargo feature `{flavor}` of zen-core"
    )]
    Feature {
        /// Its name, and that of the feature.
        flavor: String,
    },
    /// Two crates have one.
    #[error("two crates of this program have a flavour `{flavor}` of {}", .kind.plural())]
    Twice {
        /// Of which type.
        kind: ComponentType,
        /// Its name.
        flavor: String,
    },
}
