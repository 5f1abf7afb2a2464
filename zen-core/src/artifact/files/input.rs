//! Files of the user's on their way into the store.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::FilesError;

/// A file as it was when it was made an artifact.
#[derive(Debug, Clone)]
pub(super) struct InputFile {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) executable: bool,
    stamp: Stamp,
}

/// By which a change shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
    node: (u64, u64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
            node: node(metadata),
        }
    }
}

#[cfg(unix)]
fn node(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn node(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

/// What a path that is no regular file is, in words.
pub(super) fn kind(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_file() {
        "a file"
    } else {
        "a device, a pipe or a socket"
    }
}

/// Opening must not wait for the other end of a pipe, nor follow a link, that has come to stand there since it was looked at.
fn open(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits();
        fs::OpenOptions::new()
            .read(true)
            .custom_flags(flags.cast_signed())
            .open(path)
    }
    #[cfg(not(unix))]
    File::open(path)
}

impl InputFile {
    pub(super) fn look(path: &Path) -> Result<Self, FilesError> {
        let metadata = fs::symlink_metadata(path).map_err(FilesError::io("looking at", path))?;
        if !metadata.is_file() {
            return Err(FilesError::Kind {
                path: path.to_owned(),
                found: kind(&metadata),
                expected: "expected a regular file",
            });
        }
        Ok(Self {
            path: std::path::absolute(path).map_err(FilesError::io("looking at", path))?,
            size: metadata.len(),
            executable: is_executable(&metadata),
            stamp: Stamp::of(&metadata),
        })
    }

    pub(super) fn open(&self) -> Result<File, FilesError> {
        let file = open(&self.path).map_err(FilesError::io("opening", &self.path))?;
        self.check(&file)?;
        Ok(file)
    }

    /// Copies it, exactly as large as it was. That it did not change meanwhile is known at the end.
    pub(super) fn copy_to(&self, out: &mut dyn io::Write) -> Result<(), CopyError> {
        let file = self.open()?;
        let mut left = self.size;
        let mut block = vec![0; 256 * 1024];
        while left > 0 {
            let wanted = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = match (&file).read(&mut block[..wanted]) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(FilesError::io("reading", &self.path)(error).into()),
            };
            if read == 0 {
                return Err(self.changed().into());
            }
            out.write_all(&block[..read]).map_err(CopyError::Sink)?;
            left -= read as u64;
        }
        Ok(self.check(&file)?)
    }

    fn check(&self, file: &File) -> Result<(), FilesError> {
        let metadata = file
            .metadata()
            .map_err(FilesError::io("looking at", &self.path))?;
        match Stamp::of(&metadata) == self.stamp {
            true => Ok(()),
            false => Err(self.changed()),
        }
    }

    fn changed(&self) -> FilesError {
        FilesError::Changed {
            path: self.path.clone(),
        }
    }
}

/// Which side failed.
#[derive(Debug)]
pub(super) enum CopyError {
    Input(FilesError),
    Sink(io::Error),
}

impl From<FilesError> for CopyError {
    fn from(error: FilesError) -> Self {
        Self::Input(error)
    }
}
