//! Looking through a store: which objects there are, and whether their bytes are what they should be.

use std::fmt;

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};

use super::{ArtifactStore, object_path};
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

    /// Reads an object piece by piece, and says how large it is and what its digest is; the memory it takes doesn't depend on its size.
    /// `what` names the artifact in errors.
    ///
    /// # Errors
    /// [`ArtifactError::Missing`], or the store's error.
    pub fn examine(&self, digest: Digest, what: &dyn fmt::Display) -> Result<ObjectContent, ArtifactError> {
        let path = object_path(digest);
        let reading = async {
            let mut pieces = self.objects.get(&path).await?.into_stream();
            let (mut hasher, mut size) = (blake3::Hasher::new(), 0);
            while let Some(piece) = pieces.try_next().await? {
                hasher.update(&piece);
                size += piece.len() as u64;
            }
            let digest = Digest::from_bytes(*hasher.finalize().as_bytes());
            Ok(ObjectContent { size, digest })
        };
        match self.wait.on(reading) {
            Ok(content) => Ok(content),
            Err(object_store::Error::NotFound { .. }) => Err(ArtifactError::Missing {
                what: what.to_string(),
                uri: self.uri(digest),
            }),
            Err(error) => Err(self.failed("reading", &path, error)),
        }
    }
}

/// The digest that an object's path stands for.
fn digest_of(path: &ObjectPath) -> Option<Digest> {
    let mut parts = path.parts().skip(1);
    let (first, rest) = (parts.next()?, parts.next()?);
    format!("{}{}", first.as_ref(), rest.as_ref()).parse().ok()
}
