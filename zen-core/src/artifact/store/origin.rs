//! How another process opens the same store.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ArtifactStore, StoreUrl};
use crate::artifact::ArtifactError;

/// How another process opens an artifact store. Holds credentials: it is for no log, no record and no environment.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoreOrigin {
    url: String,
    fsync: bool,
    options: Vec<(String, String)>,
    /// Whether somebody wrote the options down for this store, or they are what the environment said.
    explicit: bool,
}

impl fmt::Debug for StoreOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreOrigin({})", self.url)
    }
}

impl StoreOrigin {
    pub(super) fn folder(url: &str, fsync: bool) -> Self {
        Self {
            url: url.to_owned(),
            fsync,
            options: Vec::new(),
            explicit: false,
        }
    }

    pub(super) fn folder_path(&self) -> Option<PathBuf> {
        match StoreUrl::parse(&self.url) {
            Ok(StoreUrl::File(folder)) => Some(folder),
            _ => None,
        }
    }

    #[cfg(feature = "__cloud")]
    pub(super) fn cloud(url: &StoreUrl, options: super::options::Options) -> Self {
        Self {
            url: url.to_string(),
            fsync: false,
            explicit: options.explicit,
            options: options.into_pairs(),
        }
    }
}

impl ArtifactStore {
    /// How another process opens this store; none for one in this process's memory, and for one that was made by [`over`](Self::over).
    pub(crate) fn for_another_process(&self) -> Option<&StoreOrigin> {
        self.origin.as_ref()
    }

    /// Opens a store as another process opened it.
    pub(crate) fn open_from(origin: StoreOrigin) -> Result<Self, ArtifactError> {
        let url = StoreUrl::parse(&origin.url)?;
        match &url {
            StoreUrl::File(folder) => Self::folder(folder, origin.fsync),
            #[cfg(feature = "__cloud")]
            StoreUrl::S3 { .. } | StoreUrl::Gs { .. } | StoreUrl::Az { .. } => {
                let options = super::options::Options::of_another_process(origin.options, origin.explicit);
                Self::cloud(&url, options)
            }
            // It has neither options nor a file.
            _ => Self::of_url(&url),
        }
    }
}
