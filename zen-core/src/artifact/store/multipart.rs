//! Sending a staged file to a store that is elsewhere, in parts.

use std::io::{self, Read};

use bytes::Bytes;
use futures::future::try_join_all;
use object_store::ObjectStoreExt;

use super::large::{AT_ONCE, part_of};
use super::staging::Staged;
use super::{ArtifactStore, object_path};
use crate::artifact::{ArtifactError, Digest};

impl ArtifactStore {
    /// The object appears when its last part has arrived and the upload is completed, or not at all. When the store's last answer is lost, the
    /// object's size tells whether it was completed, unless one of this size, perhaps damaged, was there before.
    pub(super) fn send(&self, digest: Digest, size: u64, staged: &Staged) -> Result<(), ArtifactError> {
        let was_there = self.size(digest)? == Some(size);
        match self.send_parts(digest, size, staged) {
            Err(ArtifactError::Store { .. })
                if !was_there && matches!(self.size(digest), Ok(Some(found)) if found == size) =>
            {
                Ok(())
            }
            sent => sent,
        }
    }

    fn send_parts(&self, digest: Digest, size: u64, staged: &Staged) -> Result<(), ArtifactError> {
        let path = object_path(digest);
        let failed = |error| self.failed("writing", &path, error);
        let unreadable = |error: io::Error| ArtifactError::Store {
            url: self.url.clone(),
            doing: format!("reading {} to send it", staged.path().display()),
            source: error.into(),
        };
        let mut file = staged.open().map_err(unreadable)?;
        let mut upload = self.wait.on(self.objects.put_multipart(&path)).map_err(failed)?;
        let part = part_of(size);
        let mut sent = 0;
        let result = loop {
            let mut parts = Vec::with_capacity(AT_ONCE);
            while parts.len() < AT_ONCE && sent < size {
                let length = part.min(size - sent);
                let mut bytes = vec![0; length as usize];
                if let Err(error) = file.read_exact(&mut bytes) {
                    break_upload(self, &mut *upload);
                    return Err(unreadable(error));
                }
                sent += length;
                parts.push(upload.put_part(Bytes::from(bytes).into()));
            }
            if parts.is_empty() {
                break self.wait.on(upload.complete()).map(drop);
            }
            if let Err(error) = self.wait.on(try_join_all(parts)) {
                break Err(error);
            }
        };
        result.map_err(|error| {
            break_upload(self, &mut *upload);
            failed(error)
        })
    }
}

/// Lets the store forget the parts. When even that fails, they are left to the store's own rules for unfinished uploads.
fn break_upload(store: &ArtifactStore, upload: &mut dyn object_store::MultipartUpload) {
    let _ = store.wait.on(upload.abort());
}
