//! A folder as an artifact.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::{self, Entry};
use super::input::CopyError;
use super::walk::{Found, walk};
use super::{FileReader, FilesError, extract};
use crate::artifact::{Digest, ObjectFile};

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FolderEntry {
    /// Its path in the folder, with `/` between the parts.
    pub path: String,
    /// How many bytes a file has; 0 for a folder.
    pub size: u64,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Whether somebody may execute the file.
    pub executable: bool,
}

/// A folder with all that is in it, as a step's output and input: of any size, never in memory as a whole.
///
/// A step makes one [`from_path`](Self::from_path); the files are read when the step has returned, so the folder may be the step's
/// [scratch folder](crate::graph::StepContext::scratch) or be in it. A later step takes a `&FolderArtifact`, and
/// [opens](Self::open) files of it or [extracts](Self::extract_to) all. Its content, for the cache and for its digest, is the paths in it, the files' bytes, and
/// which files are executable; empty folders count.
///
/// It is stored as one tar archive, which any `tar` program unpacks. It can't be a parameter, nor stand in a `Vec` or `Option`.
///
/// ```
/// use zen_core::prelude::*;
///
/// #[step]
/// fn export(ctx: &StepContext) -> Result<FolderArtifact> {
///     let folder = ctx.scratch()?;
///     std::fs::write(folder.join("weights"), [1, 2, 3])?;
///     std::fs::write(folder.join("labels.txt"), "cat\ndog\n")?;
///     Ok(FolderArtifact::from_path(folder)?)
/// }
///
/// let folder = std::env::temp_dir().join("zen-doc-folder");
/// # let _ = std::fs::remove_dir_all(&folder);
/// let context = StepContext::for_test();
/// export(&context)?.extract_to(&folder)?;
/// assert_eq!(std::fs::read_to_string(folder.join("labels.txt"))?, "cat\ndog\n");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), BoxError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FolderArtifact {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Input {
        root: PathBuf,
        found: Arc<Vec<Found>>,
    },
    Object {
        archive: ObjectFile,
        entries: Arc<Vec<Entry>>,
    },
}

impl FolderArtifact {
    /// The folder at a path. It must not change any more: when something in it has changed, has gone or was added when it is stored, that
    /// is an error then.
    ///
    /// # Errors
    /// When there is no folder, or something in it is neither a file nor a folder (a symbolic link, a device, a socket), or has
    /// a name that is not UTF-8.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, FilesError> {
        let path = path.as_ref();
        let root = std::path::absolute(path).map_err(FilesError::io("looking at", path))?;
        let found = Arc::new(walk(&root)?);
        Ok(Self {
            source: Source::Input { root, found },
        })
    }

    pub(super) fn of_object(archive: ObjectFile) -> Result<Self, FilesError> {
        let mut entries = archive::read(&archive)?;
        entries.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        Ok(Self {
            source: Source::Object {
                archive,
                entries: Arc::new(entries),
            },
        })
    }

    /// All that is in it, sorted by path.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &FolderEntry> {
        let (found, stored): (&[Found], &[Entry]) = match &self.source {
            Source::Input { found, .. } => (found, &[]),
            Source::Object { entries, .. } => (&[], entries),
        };
        Both {
            found: found.iter(),
            stored: stored.iter(),
        }
    }

    /// How many files are in it, at all depths.
    pub fn file_count(&self) -> usize {
        self.entries().filter(|entry| !entry.is_folder).count()
    }

    /// How many bytes all files have together.
    pub fn size(&self) -> u64 {
        self.entries().map(|entry| entry.size).sum()
    }

    /// The digest of the stored object, which is that of the artifact; none for a folder that hasn't been stored yet.
    pub fn digest(&self) -> Option<Digest> {
        match &self.source {
            Source::Object { archive, .. } => Some(archive.digest()),
            Source::Input { .. } => None,
        }
    }

    /// Opens one file by its path in the folder.
    ///
    /// # Errors
    /// When there is no such file, or it can't be opened.
    pub fn open(&self, path: &str) -> Result<FileReader, FilesError> {
        let nothing = || FilesError::NoFile(path.to_owned());
        match &self.source {
            Source::Input { found, .. } => {
                let found = found.iter().find(|found| found.entry.path == path);
                let file = found.and_then(|found| found.file.as_ref()).ok_or_else(nothing)?;
                Ok(FileReader::input(file.open()?, file.size))
            }
            Source::Object { archive, entries } => {
                let entry = entries
                    .iter()
                    .find(|entry| entry.entry.path == path && !entry.entry.is_folder)
                    .ok_or_else(nothing)?;
                stored(archive, entry)
            }
        }
    }

    /// Copies all of it to a path, whole or not at all.
    ///
    /// # Errors
    /// When there is something already, or it can't be written.
    pub fn extract_to(&self, path: impl AsRef<Path>) -> Result<(), FilesError> {
        extract::in_place(path.as_ref(), |partial| {
            let make =
                |folder: &Path| std::fs::create_dir_all(folder).map_err(FilesError::io("making", folder));
            std::fs::create_dir(partial).map_err(FilesError::io("making", partial))?;
            self.each(|entry, content| {
                // No path leads out of the folder, and nothing in it is a link: that was checked when the archive was opened.
                let path = partial.join(&entry.path);
                match entry.is_folder {
                    true => make(&path),
                    false => {
                        make(path.parent().unwrap_or(partial))?;
                        extract::file(&path, entry.executable, content)
                    }
                }
            })
        })
    }

    /// Calls `take` with every entry and what writes its bytes.
    fn each<E>(
        &self,
        mut take: impl FnMut(
            &FolderEntry,
            &mut dyn FnMut(&mut dyn Write) -> Result<(), CopyError>,
        ) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.source {
            Source::Input { found, .. } => found.iter().try_for_each(|found| {
                take(&found.entry, &mut |out| match &found.file {
                    Some(file) => file.copy_to(out),
                    None => Ok(()),
                })
            }),
            Source::Object { archive, entries } => entries.iter().try_for_each(|entry| {
                take(&entry.entry, &mut |out| match entry.entry.is_folder {
                    true => Ok(()),
                    false => stored(archive, entry)?.copy_to(out),
                })
            }),
        }
    }

    pub(super) fn archive(&self, out: &mut dyn Write) -> Result<(), CopyError> {
        self.each(|entry, content| archive::write(out, entry, content))?;
        if let Source::Input { root, found } = &self.source {
            let now = walk(root)?;
            if !now
                .iter()
                .map(|found| &found.entry)
                .eq(found.iter().map(|found| &found.entry))
            {
                return Err(FilesError::Changed { path: root.clone() }.into());
            }
        }
        archive::end(out)
    }
}

fn stored(archive: &ObjectFile, entry: &Entry) -> Result<FileReader, FilesError> {
    FileReader::object(archive, entry.offset, entry.entry.size)
        .map_err(FilesError::io("opening", Path::new(&entry.entry.path)))
}

/// The entries of whichever source there is.
struct Both<'a> {
    found: std::slice::Iter<'a, Found>,
    stored: std::slice::Iter<'a, Entry>,
}

impl<'a> Iterator for Both<'a> {
    type Item = &'a FolderEntry;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.found.next().map(|found| &found.entry);
        found.or_else(|| self.stored.next().map(|entry| &entry.entry))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.found.len() + self.stored.len();
        (len, Some(len))
    }
}

impl ExactSizeIterator for Both<'_> {}

impl fmt::Display for FolderArtifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.file_count() == 1 { "" } else { "s" };
        write!(f, "{} file{plural}, {} bytes", self.file_count(), self.size())
    }
}
