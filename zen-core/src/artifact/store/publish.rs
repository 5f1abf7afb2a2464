//! Making what was encoded an object of the store.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::staging::{Place, Staged};
use super::{ArtifactStore, Body, object_path};
use crate::artifact::{ArtifactError, Digest};

impl ArtifactStore {
    /// Makes what was encoded an object, unless there is one of this size already. With `replace`, also then.
    ///
    /// # Errors
    /// When the store refuses; nothing is visible then.
    pub(crate) fn publish(
        &self,
        digest: Digest,
        size: u64,
        body: &Body,
        replace: bool,
    ) -> Result<(), ArtifactError> {
        match (body, replace) {
            (Body::Bytes(bytes), false) => self.put(digest, bytes.clone()),
            (Body::Bytes(bytes), true) => self.replace(digest, bytes.clone()),
            (Body::Staged(staged), _) => {
                if !replace && self.size(digest)? == Some(size) {
                    return Ok(());
                }
                match &self.staging.place {
                    Place::Store { root, fsync } => {
                        let target = root.join(object_path(digest).as_ref());
                        rename(staged, &target, root, *fsync).map_err(|error| ArtifactError::Store {
                            url: self.url.clone(),
                            doing: format!("moving {} to {}", staged.path().display(), target.display()),
                            source: error.into(),
                        })
                    }
                    Place::Folder | Place::Nowhere => self.send(digest, size, staged),
                }
            }
        }
    }
}

fn rename(staged: &Staged, target: &Path, root: &Path, fsync: bool) -> io::Result<()> {
    if fsync {
        staged.file.sync_all()?;
    }
    let Some(folder) = target.parent() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let is_new = !folder.exists();
    if is_new {
        fs::create_dir_all(folder)?;
    }
    staged.rename(target)?;
    if fsync {
        // A name is durable when its folder is, and a folder when the one around it is.
        let upwards = folder.ancestors().take_while(|folder| folder.starts_with(root));
        for folder in upwards.take(if is_new { usize::MAX } else { 1 }) {
            File::open(folder)?.sync_all()?;
        }
    }
    Ok(())
}
