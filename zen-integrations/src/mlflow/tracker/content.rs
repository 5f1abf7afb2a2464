//! The bytes of an artifact, to be sent.

use std::io::{self, Read};

use zen_core::artifact::{Digest, ObjectReader};
use zen_core::client::ArtifactView;
use zen_core::prelude::BoxError;

/// How much is read at once.
const PIECE: usize = 256 << 10;

/// Reads an artifact. The last piece comes only when the whole was found to be what was stored, so that what is damaged never arrives as a whole.
pub(super) struct Content {
    source: Source,
    /// What may be given.
    piece: Vec<u8>,
    given: usize,
    /// What comes after it; empty at the end.
    next: Vec<u8>,
}

enum Source {
    Memory(io::Cursor<Vec<u8>>),
    Store(Box<ObjectReader>),
}

impl Content {
    pub(super) fn of(artifact: &ArtifactView) -> Result<Self, BoxError> {
        let record = artifact.record();
        let stack = artifact.stack();
        let source = match record.uri.starts_with("inline:") {
            true => {
                let bytes = stack
                    .metadata()
                    .object(record.digest)?
                    .ok_or("its bytes are missing in the metadata store")?;
                if Digest::of(&bytes) != record.digest {
                    return Err("its bytes in the metadata store are damaged".into());
                }
                Source::Memory(io::Cursor::new(bytes))
            }
            false => Source::Store(Box::new(stack.artifacts().reader(
                record.digest,
                record.size,
                artifact,
            )?)),
        };
        let mut content = Self {
            source,
            piece: Vec::new(),
            given: 0,
            next: Vec::new(),
        };
        content.next = content.fetch()?;
        Ok(content)
    }

    /// Everything.
    pub(super) fn all(mut self) -> Result<Vec<u8>, BoxError> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn fetch(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let reader: &mut dyn Read = match &mut self.source {
            Source::Memory(reader) => reader,
            Source::Store(reader) => reader,
        };
        reader.take(PIECE as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.piece.len() && !self.next.is_empty() {
            let after = self.fetch()?;
            self.piece = std::mem::replace(&mut self.next, after);
            self.given = 0;
        }
        let read = buffer.len().min(self.piece.len() - self.given);
        buffer[..read].copy_from_slice(&self.piece[self.given..self.given + read]);
        self.given += read;
        Ok(read)
    }
}
