//! Why a stack can't be opened.

use std::path::PathBuf;

use crate::artifact::ArtifactError;
use crate::metadata::MetadataError;

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
}
