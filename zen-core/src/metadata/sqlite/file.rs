//! Whether the database's file is still the one that was opened.

use std::path::{Path, PathBuf};

/// A database's file as it was when it was opened.
#[derive(Debug)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    identity: Identity,
}

/// Device and number of a file.
type Identity = (u64, u64);

impl DatabaseFile {
    /// None where files have no identity that could be compared.
    pub(super) fn opened(path: &Path) -> Option<Self> {
        Some(Self {
            path: path.to_owned(),
            identity: identity(path).ok()??,
        })
    }

    /// Whether it has been deleted, moved away or replaced.
    pub(super) fn is_gone(&self) -> bool {
        match identity(&self.path) {
            Ok(found) => found != Some(self.identity),
            // Any other error says nothing about the file.
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> std::io::Result<Option<Identity>> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path)?;
    Ok(Some((metadata.dev(), metadata.ino())))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> std::io::Result<Option<Identity>> {
    Ok(None)
}
