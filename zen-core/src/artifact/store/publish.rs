//! Making what was encoded an object of the store.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::staging::{Place, Staged};
use super::{ArtifactStore, Body, object_path};
use crate::artifact::{ArtifactError, Digest};

impl ArtifactStore {
    /// Makes what was encoded an object, unless there is one of this size already. With `replace`, also then; and also when that is only the
    /// renaming of a staged file.
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
                match &self.staging.place {
                    // Also when there is one: a name is given at no cost, and the staged file needn't be kept open for readers.
                    Place::Store { root, fsync } => {
                        let target = root.join(object_path(digest).as_ref());
                        rename(staged, &target, root, *fsync).map_err(|error| ArtifactError::Store {
                            url: self.url.clone(),
                            doing: format!("moving {} to {}", staged.path().display(), target.display()),
                            source: error.into(),
                        })
                    }
                    Place::Folder | Place::Nowhere if !replace && self.size(digest)? == Some(size) => Ok(()),
                    Place::Folder | Place::Nowhere => self.send(digest, size, staged),
                }
            }
        }
    }
}

fn rename(staged: &Staged, target: &Path, root: &Path, fsync: bool) -> io::Result<()> {
    if let (true, Some(file)) = (fsync, staged.file()) {
        file.sync_all()?;
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_staged_file_that_became_an_object_is_not_kept_open() {
        let folder = std::env::temp_dir().join(format!("zen-publish-{}", uuid::Uuid::now_v7()));
        let store = ArtifactStore::folder(&folder, false).unwrap();
        // Also the second time, when the object is there.
        for _ in 0..2 {
            let mut sink = store.sink();
            sink.write_all(&vec![7; 9 << 20]).unwrap();
            let encoded = sink.finish().unwrap();
            let Body::Staged(staged) = &encoded.body else {
                panic!("it is large");
            };
            assert!(staged.file().is_some());
            store
                .publish(encoded.digest, encoded.size, &encoded.body, false)
                .unwrap();
            assert!(staged.file().is_none());
            assert_eq!(staged.open().unwrap().metadata().unwrap().len(), 9 << 20);
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
