//! What can go wrong with files and folders.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file or a folder could not become an artifact, or the artifact not be copied out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// The system refused an operation on a path.
    #[error("{doing} {} failed", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Something that is neither a file nor a folder, or the other one of the two.
    #[error("{} is {found}: {expected}", .path.display())]
    Kind {
        /// Where.
        path: PathBuf,
        /// What is there.
        found: &'static str,
        /// What may be there.
        expected: &'static str,
    },
    /// A name that isn't UTF-8, which not every machine could write.
    #[error("the name of {} is not UTF-8: rename it", .path.display())]
    Name {
        /// Where.
        path: PathBuf,
    },
    /// It was changed between the moment it was made an artifact and the moment it had been stored.
    #[error("{} was changed while it was being stored: write it completely before making an artifact of it", .path.display())]
    Changed {
        /// Where.
        path: PathBuf,
    },
    /// There is something where the copy should go.
    #[error("{} exists already: remove it, or choose another path", .path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// The archive has an entry that may not be written anywhere.
    #[error("the archive can't be used: {0}")]
    Archive(String),
    /// The folder has no such file.
    #[error("the folder has no file `{0}`")]
    NoFile(String),
}

impl FilesError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
