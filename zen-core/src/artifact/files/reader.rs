//! Reading one file of an artifact.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::FilesError;
use super::input::CopyError;
use crate::artifact::{ObjectFile, ObjectFileReader};

/// Reads a file that is, or will be, an artifact. What was stored was checked against its digest before it was given to anybody.
#[derive(Debug)]
pub struct FileReader {
    source: Source,
    left: u64,
}

#[derive(Debug)]
enum Source {
    Input(File),
    Object(ObjectFileReader),
}

impl FileReader {
    pub(super) fn input(file: File, size: u64) -> Self {
        Self {
            source: Source::Input(file),
            left: size,
        }
    }

    /// `size` bytes of an archive, from `offset` on.
    pub(super) fn object(archive: &ObjectFile, offset: u64, size: u64) -> io::Result<Self> {
        let mut reader = archive.open()?;
        reader.seek(SeekFrom::Start(offset))?;
        Ok(Self {
            source: Source::Object(reader),
            left: size,
        })
    }

    /// How many bytes are still to come.
    pub fn left(&self) -> u64 {
        self.left
    }

    pub(super) fn copy_to(mut self, out: &mut dyn io::Write) -> Result<(), CopyError> {
        let mut block = vec![0; 256 * 1024];
        loop {
            match self.read(&mut block) {
                Ok(0) => return Ok(()),
                Ok(read) => out.write_all(&block[..read]).map_err(CopyError::Sink)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let reading = FilesError::Archive(format!("reading it failed: {error}"));
                    return Err(CopyError::Input(reading));
                }
            }
        }
    }
}

impl Read for FileReader {
    /// A file that ends too soon, because it was cut off since, is an error.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let read = match &mut self.source {
            Source::Input(file) => file.read(&mut buffer[..wanted])?,
            Source::Object(file) => file.read(&mut buffer[..wanted])?,
        };
        if read == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("the file ends {} bytes too soon", self.left),
            ));
        }
        self.left -= read as u64;
        Ok(read)
    }
}
