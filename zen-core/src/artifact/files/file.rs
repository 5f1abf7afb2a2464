//! A file as an artifact.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::input::{CopyError, InputFile};
use super::{FileReader, FilesError, FolderEntry, archive, extract};
use crate::artifact::{Digest, ObjectFile};

/// A file as a step's output and input: of any size, never in memory as a whole.
///
/// A step makes one [`from_path`](Self::from_path); the file is read when the step has returned, so it may be in the step's
/// [scratch folder](crate::graph::StepContext::scratch). A later step takes a `&FileArtifact` and [opens](Self::open) it. What counts as its content, for the
/// cache and for its digest, is its bytes, its name and whether it is executable.
///
/// It is stored as a tar archive of one entry, so that any `tar` program unpacks the object under the right name. It can't be a
/// parameter, nor stand in a `Vec` or `Option`.
///
/// ```
/// use std::io::{Read, Write};
/// use zen_core::prelude::*;
///
/// #[step]
/// fn export(ctx: &StepContext) -> Result<FileArtifact> {
///     let path = ctx.scratch()?.join("rows.csv");
///     std::fs::write(&path, "a,b\n1,2\n")?;
///     Ok(FileArtifact::from_path(path)?)
/// }
///
/// #[step]
/// fn lines(file: &FileArtifact) -> Result<usize> {
///     let mut text = String::new();
///     file.open()?.read_to_string(&mut text)?;
///     Ok(text.lines().count())
/// }
///
/// #[pipeline]
/// fn count() -> Artifact<usize> {
///     lines(export())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let stack = Stack::in_memory()?;
/// let run = count().on(&stack).quiet().run().await?;
/// assert_eq!(*run.output().await?, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FileArtifact {
    /// As it stands in the archive.
    entry: Arc<FolderEntry>,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Input(Arc<InputFile>),
    Object {
        archive: ObjectFile,
        offset: u64,
        stored_name: Arc<str>,
    },
}

impl FileArtifact {
    /// The file at a path. It must not change any more: a file that differs in size, time of modification or identity when it is stored
    /// is an error then.
    ///
    /// # Errors
    /// When there is no regular file (a symbolic link is none), or its name is not UTF-8.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, FilesError> {
        let path = path.as_ref();
        let input = InputFile::look(path)?;
        let name = input.path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| FilesError::Name {
            path: path.to_owned(),
        })?;
        Ok(Self {
            entry: Arc::new(FolderEntry {
                path: name.to_owned(),
                size: input.size,
                is_folder: false,
                executable: input.executable,
            }),
            source: Source::Input(Arc::new(input)),
        })
    }

    /// The same file under another name.
    ///
    /// # Errors
    /// When it is no name of a file, such as `..` or one with a `/`.
    pub fn named(self, name: &str) -> Result<Self, FilesError> {
        check_name(name)?;
        Ok(Self {
            entry: Arc::new(FolderEntry {
                path: name.to_owned(),
                ..(*self.entry).clone()
            }),
            ..self
        })
    }

    /// What an archive of one file holds.
    pub(super) fn of_object(archive: ObjectFile) -> Result<Self, FilesError> {
        let mut entries = archive::read(&archive)?;
        match (entries.pop(), entries.is_empty()) {
            (Some(only), true) if !only.entry.is_folder && check_name(&only.entry.path).is_ok() => Ok(Self {
                source: Source::Object {
                    archive,
                    offset: only.offset,
                    stored_name: only.entry.path.as_str().into(),
                },
                entry: Arc::new(only.entry),
            }),
            _ => Err(FilesError::Archive("expected one file and nothing else".into())),
        }
    }

    /// The file's name, without a folder.
    pub fn file_name(&self) -> &str {
        &self.entry.path
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.entry.size
    }

    /// Whether somebody may execute it.
    pub fn is_executable(&self) -> bool {
        self.entry.executable
    }

    /// The digest of the stored object, which is that of the artifact; none for a file that hasn't been stored yet, or that has another
    /// [name](Self::named) than when it was stored.
    pub fn digest(&self) -> Option<Digest> {
        match &self.source {
            Source::Object {
                archive, stored_name, ..
            } if **stored_name == self.entry.path => Some(archive.digest()),
            _ => None,
        }
    }

    /// Opens it for reading, from its beginning.
    ///
    /// # Errors
    /// When the file can't be opened, or, before it is stored, has changed.
    pub fn open(&self) -> Result<FileReader, FilesError> {
        match &self.source {
            Source::Input(input) => Ok(FileReader::input(input.open()?, input.size)),
            Source::Object { archive, offset, .. } => FileReader::object(archive, *offset, self.entry.size)
                .map_err(FilesError::io("opening", Path::new(&self.entry.path))),
        }
    }

    /// Copies it to a path, whole or not at all.
    ///
    /// # Errors
    /// When there is something already, or it can't be written.
    pub fn copy_to(&self, path: impl AsRef<Path>) -> Result<(), FilesError> {
        let path = path.as_ref();
        extract::in_place(path, |partial| {
            extract::file(partial, self.entry.executable, |out| self.write(out))
        })
    }

    fn write(&self, out: &mut dyn std::io::Write) -> Result<(), CopyError> {
        match &self.source {
            Source::Input(input) => input.copy_to(out),
            Source::Object { .. } => self.open()?.copy_to(out),
        }
    }

    pub(super) fn archive(&self, out: &mut dyn std::io::Write) -> Result<(), CopyError> {
        archive::write(out, &self.entry, |out| self.write(out))?;
        archive::end(out)
    }
}

impl fmt::Display for FileArtifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} bytes", self.file_name(), self.size())
    }
}

fn check_name(name: &str) -> Result<(), FilesError> {
    match name {
        "" | "." | ".." => {}
        name if name.contains(['/', '\0']) => {}
        _ => return Ok(()),
    }
    Err(FilesError::Archive(format!(
        "`{}` is no name of a file",
        name.escape_debug()
    )))
}
