//! Encoding without holding the whole: in memory up to a limit, beyond it into a file while hashing.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;

use super::staging::{Place, Staged};
use super::{ArtifactStore, ObjectFile};
use crate::artifact::Digest;

/// Up to so many bytes are kept in memory, and read in one piece. What is larger goes through files.
pub(crate) const STREAM_FROM: usize = 8 << 20;

/// So much is hashed and written at once: large enough for the system, small enough for the processor's cache.
const BLOCK: usize = 256 * 1024;

/// An encoded value on its way to the store.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Bytes(Bytes),
    Staged(Arc<Staged>),
}

/// A value that was encoded.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) body: Body,
}

impl Encoded {
    /// The encoded value as a file.
    pub(crate) fn file(digest: Digest, size: u64, body: &Body) -> ObjectFile {
        match body {
            Body::Bytes(bytes) => ObjectFile::in_memory(digest, bytes.clone()),
            Body::Staged(staged) => ObjectFile::staged(digest, size, Arc::clone(staged)),
        }
    }
}

impl ArtifactStore {
    /// Takes the bytes of one object; nothing is visible in the store until what comes of it is published.
    pub(crate) fn sink(&self) -> Sink<'_> {
        Sink {
            store: self,
            buffer: Vec::new(),
            spool: None,
        }
    }
}

/// Where a codec writes to. When it is dropped unfinished, nothing remains.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    store: &'a ArtifactStore,
    /// All so far, or, once there is a file, what is still to be hashed and written.
    buffer: Vec<u8>,
    spool: Option<Box<Spool>>,
}

#[derive(Debug)]
struct Spool {
    file: Staged,
    open: Arc<File>,
    hasher: blake3::Hasher,
    size: u64,
}

impl Spool {
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        (&*self.open).write_all(bytes).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("writing {}: {error}", self.file.path().display()),
            )
        })?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }
}

impl Sink<'_> {
    pub(crate) fn finish(mut self) -> io::Result<Encoded> {
        let Some(mut spool) = self.spool.take() else {
            let bytes = Bytes::from(self.buffer);
            return Ok(Encoded {
                digest: Digest::of(&bytes),
                size: bytes.len() as u64,
                body: Body::Bytes(bytes),
            });
        };
        spool.take(&self.buffer)?;
        Ok(Encoded {
            digest: Digest::from_bytes(*spool.hasher.finalize().as_bytes()),
            size: spool.size,
            body: Body::Staged(Arc::new(spool.file)),
        })
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.spool {
            None if self.buffer.len() + bytes.len() <= STREAM_FROM
                || self.store.staging.place == Place::Nowhere =>
            {
                self.buffer.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            None => {
                let file = self.store.staging.create()?;
                let mut spool = Box::new(Spool {
                    open: file.file().ok_or(io::ErrorKind::NotFound)?,
                    file,
                    hasher: blake3::Hasher::new(),
                    size: 0,
                });
                for block in std::mem::take(&mut self.buffer).chunks(BLOCK) {
                    spool.take(block)?;
                }
                self.spool = Some(spool);
                self.write(bytes)
            }
            Some(spool) if self.buffer.is_empty() && bytes.len() >= BLOCK => {
                spool.take(&bytes[..BLOCK])?;
                Ok(BLOCK)
            }
            Some(spool) => {
                let taken = bytes.len().min(BLOCK - self.buffer.len());
                self.buffer.extend_from_slice(&bytes[..taken]);
                if self.buffer.len() == BLOCK {
                    spool.take(&self.buffer)?;
                    self.buffer.clear();
                }
                Ok(taken)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
