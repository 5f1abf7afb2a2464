//! Reading an object piece by piece.

use std::fs::File;
use std::io::{self, Read};

use bytes::{Buf, Bytes};
use object_store::ObjectStoreExt;

use super::staging::Place;
use super::{ArtifactStore, object_path};
use crate::artifact::{ArtifactError, Digest};

/// How much is fetched at once from a store that is elsewhere.
const RANGE: u64 = 8 << 20;

impl ArtifactStore {
    /// Reads an object piece by piece. `size` is the size that was recorded for it; `what` names the artifact in errors.
    ///
    /// What has been read may be used only when the end was reached without an error: only then is it known to have the digest.
    ///
    /// ```
    /// use std::io::Read;
    /// use zen_core::artifact::{ArtifactStore, Digest};
    ///
    /// let store = ArtifactStore::in_memory();
    /// let digest = Digest::of(b"hello");
    /// store.put(digest, (&b"hello"[..]).into())?;
    /// let mut text = String::new();
    /// store.reader(digest, 5, &"the greeting")?.read_to_string(&mut text)?;
    /// assert_eq!(text, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ArtifactError::Missing`], or the store's error.
    pub fn reader(
        &self,
        digest: Digest,
        size: u64,
        what: &dyn std::fmt::Display,
    ) -> Result<ObjectReader, ArtifactError> {
        let missing = || ArtifactError::Missing {
            what: what.to_string(),
            uri: self.uri(digest),
        };
        let source = match &self.staging.place {
            Place::Store { root, .. } => match File::open(root.join(object_path(digest).as_ref())) {
                Ok(file) => Source::File(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
                Err(error) => return Err(self.unreadable(digest, error)),
            },
            // Asked for here, so that a missing object is said to be missing before anything is made of it.
            Place::Folder | Place::Nowhere => match self.size(digest)? {
                None => return Err(missing()),
                Some(found) => Source::Ranges {
                    next: 0,
                    size: found,
                    piece: Bytes::new(),
                },
            },
        };
        Ok(ObjectReader {
            store: self.clone(),
            expected: digest,
            size,
            what: what.to_string(),
            source,
            hasher: Box::default(),
            verified: false,
        })
    }

    pub(super) fn unreadable(&self, digest: Digest, error: io::Error) -> ArtifactError {
        ArtifactError::Store {
            url: self.url.clone(),
            doing: format!("reading {}", object_path(digest)),
            source: error.into(),
        }
    }

    /// At most [`RANGE`] bytes of an object of this size.
    pub(super) fn range(&self, digest: Digest, next: u64, size: u64) -> Result<Bytes, ArtifactError> {
        let path = object_path(digest);
        let range = next..size.min(next + RANGE);
        self.wait
            .on(self.objects.get_range(&path, range))
            .map_err(|error| self.failed("reading", &path, error))
    }
}

/// Reads an object piece by piece, and checks it when its end is reached: the end of an object whose bytes are not those
/// that were written is an error of kind `InvalidData` that holds [`ArtifactError::Damaged`].
#[derive(Debug)]
pub struct ObjectReader {
    store: ArtifactStore,
    expected: Digest,
    size: u64,
    what: String,
    source: Source,
    hasher: Box<blake3::Hasher>,
    verified: bool,
}

#[derive(Debug)]
enum Source {
    File(File),
    Ranges { next: u64, size: u64, piece: Bytes },
}

impl ObjectReader {
    /// The size that was recorded.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads what is left, and checks the whole.
    ///
    /// # Errors
    /// [`ArtifactError::Damaged`], or the store's error.
    pub fn finish(mut self) -> Result<(), ArtifactError> {
        if self.verified {
            return Ok(());
        }
        let mut rest = vec![0; 256 * 1024];
        while self.next(&mut rest)? > 0 {}
        Ok(())
    }

    /// As `read`, with errors in their own words.
    pub(super) fn next(&mut self, buffer: &mut [u8]) -> Result<usize, ArtifactError> {
        if buffer.is_empty() || self.verified {
            return Ok(0);
        }
        let read = match &mut self.source {
            Source::File(file) => loop {
                match file.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other.map_err(|error| self.store.unreadable(self.expected, error))?,
                }
            },
            Source::Ranges { next, size, piece } => {
                if piece.is_empty() && next < size {
                    *piece = self.store.range(self.expected, *next, *size)?;
                    // A store that gives nothing where there is something must not keep us asking.
                    *next = match piece.len() {
                        0 => *size,
                        length => *next + length as u64,
                    };
                }
                let read = buffer.len().min(piece.len());
                piece.copy_to_slice(&mut buffer[..read]);
                read
            }
        };
        self.hasher.update(&buffer[..read]);
        if read == 0 {
            let found = Digest::from_bytes(*self.hasher.finalize().as_bytes());
            if found != self.expected {
                return Err(ArtifactError::Damaged {
                    what: self.what.clone(),
                    uri: self.store.uri(self.expected),
                    expected: self.expected,
                    found,
                });
            }
            self.verified = true;
        }
        Ok(read)
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.next(buffer).map_err(|error| match error {
            ArtifactError::Damaged { .. } => io::Error::new(io::ErrorKind::InvalidData, error),
            other => io::Error::other(other),
        })
    }
}
