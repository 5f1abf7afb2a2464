//! Objects as files, for values that are never in memory as a whole.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::staging::{Place, Staged};
use super::{ArtifactStore, Body, object_path};
use crate::artifact::{ArtifactError, Digest};

/// The bytes of an object, to be read as often as needed and from any position: a file of this machine, or, when they are few, memory.
/// They were checked against the digest before this value was made. Cheap to clone.
#[derive(Clone)]
pub struct ObjectFile {
    digest: Digest,
    size: u64,
    backing: Backing,
}

#[derive(Clone)]
enum Backing {
    Memory(Bytes),
    Staged(Arc<Staged>),
    Object(Arc<PathBuf>),
}

impl fmt::Debug for ObjectFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectFile({:?}, {} bytes)", self.digest, self.size)
    }
}

impl ObjectFile {
    /// Bytes in memory with their digest.
    pub(crate) fn in_memory(digest: Digest, bytes: Bytes) -> Self {
        Self {
            digest,
            size: bytes.len() as u64,
            backing: Backing::Memory(bytes),
        }
    }

    pub(super) fn staged(digest: Digest, size: u64, staged: Arc<Staged>) -> Self {
        Self {
            digest,
            size,
            backing: Backing::Staged(staged),
        }
    }

    /// The digest of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Opens it at its beginning.
    ///
    /// # Errors
    /// When the file is gone or can't be opened.
    pub fn open(&self) -> io::Result<ObjectFileReader> {
        let inner = match &self.backing {
            Backing::Memory(bytes) => Inner::Memory(Cursor::new(bytes.clone())),
            Backing::Staged(staged) => Inner::File(staged.open()?),
            Backing::Object(path) => Inner::File(File::open(&**path)?),
        };
        Ok(ObjectFileReader(inner))
    }
}

/// Reads an [`ObjectFile`].
#[derive(Debug)]
pub struct ObjectFileReader(Inner);

#[derive(Debug)]
enum Inner {
    Memory(Cursor<Bytes>),
    File(File),
}

impl Read for ObjectFileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Memory(bytes) => bytes.read(buffer),
            Inner::File(file) => file.read(buffer),
        }
    }
}

impl Seek for ObjectFileReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.0 {
            Inner::Memory(bytes) => bytes.seek(to),
            Inner::File(file) => file.seek(to),
        }
    }
}

impl ArtifactStore {
    /// An object as a file of this machine, checked: the object itself when the store is a folder, else a copy that is removed with the
    /// last reference to it.
    ///
    /// # Errors
    /// [`ArtifactError::Missing`], [`ArtifactError::Damaged`], or the store's or the disk's error.
    pub(crate) fn file(
        &self,
        digest: Digest,
        size: u64,
        what: &dyn fmt::Display,
    ) -> Result<ObjectFile, ArtifactError> {
        let mut reader = self.reader(digest, size, what)?;
        if let Place::Store { root, .. } = &self.staging.place {
            reader.finish()?;
            let path = root.join(object_path(digest).as_ref());
            return Ok(ObjectFile {
                digest,
                size,
                backing: Backing::Object(Arc::new(path)),
            });
        }
        let mut sink = self.sink();
        let mut piece = vec![0; 256 * 1024];
        loop {
            match reader.next(&mut piece)? {
                0 => break,
                read => sink
                    .write_all(&piece[..read])
                    .map_err(|error| self.unreadable(digest, error))?,
            }
        }
        let copied = sink.finish().map_err(|error| self.unreadable(digest, error))?;
        Ok(match copied.body {
            Body::Bytes(bytes) => ObjectFile::in_memory(digest, bytes),
            Body::Staged(staged) => ObjectFile::staged(digest, copied.size, staged),
        })
    }
}
