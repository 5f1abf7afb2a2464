//! Looking through a store: which objects there are, and whether their bytes are what they should be.

use std::fmt;

use futures::StreamExt;
use object_store::ObjectStore;
use object_store::path::Path as ObjectPath;

use super::ArtifactStore;
use crate::artifact::{ArtifactError, Digest};

/// What the bytes of an object turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectContent {
    /// How many there are.
    pub size: u64,
    /// Their digest, which is the object's name when they are as they were written.
    pub digest: Digest,
}

impl ArtifactStore {
    /// All objects with their sizes in bytes, in no order.
    ///
    /// # Errors
    /// The store's error.
    pub fn objects(&self) -> Result<Vec<(Digest, u64)>, ArtifactError> {
        let prefix = ObjectPath::from("objects");
        let listing = async {
            let mut listed = self.objects.list(Some(&prefix));
            let mut found = Vec::new();
            while let Some(meta) = listed.next().await.transpose()? {
                if let Some(digest) = digest_of(&meta.location) {
                    found.push((digest, meta.size));
                }
            }
            Ok(found)
        };
        self.wait
            .on(listing)
            .map_err(|error| self.failed("listing", &prefix, error))
    }

    /// Whether the store answers: asks for at most one object of a listing, and changes nothing.
    pub(crate) fn reach(&self) -> Result<(), ArtifactError> {
        let prefix = ObjectPath::from("objects");
        let first = async { self.objects.list(Some(&prefix)).next().await.transpose() };
        match self.wait.on(first) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failed("listing", &prefix, error)),
        }
    }

    /// Reads an object piece by piece, and says how large it is and what its digest is; the memory it takes doesn't depend on its size.
    /// `what` names the artifact in errors.
    ///
    /// # Errors
    /// [`ArtifactError::Missing`], or the store's error.
    pub fn examine(&self, digest: Digest, what: &dyn fmt::Display) -> Result<ObjectContent, ArtifactError> {
        let missing = || ArtifactError::Missing {
            what: what.to_string(),
            uri: self.uri(digest),
        };
        let whole = self.size(digest)?.ok_or_else(missing)?;
        let (mut hasher, mut size) = (blake3::Hasher::new(), 0);
        // By ranges: one request has only so much time, for all that it brings.
        while size < whole {
            let piece = match self.range(digest, size, whole) {
                Ok(piece) if piece.is_empty() => break,
                Ok(piece) => piece,
                // Deleted since it was looked at.
                Err(_) if matches!(self.size(digest), Ok(None)) => return Err(missing()),
                Err(error) => return Err(error),
            };
            hasher.update(&piece);
            size += piece.len() as u64;
        }
        let digest = Digest::from_bytes(*hasher.finalize().as_bytes());
        Ok(ObjectContent { size, digest })
    }
}

/// The digest that an object's path stands for.
fn digest_of(path: &ObjectPath) -> Option<Digest> {
    let mut parts = path.parts().skip(1);
    let (first, rest) = (parts.next()?, parts.next()?);
    format!("{}{}", first.as_ref(), rest.as_ref()).parse().ok()
}
