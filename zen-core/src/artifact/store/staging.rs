//! Files in which large values wait: on their way into the store, or, from a remote store, on their way to a step.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use uuid::Uuid;

/// Begins the names of staged files: the folder may hold other files too.
const PREFIX: &str = "zen-staged-";

/// Where a store stages.
#[derive(Debug, Clone)]
pub(super) struct Staging {
    pub(super) place: Place,
    /// None: the system's folder for temporary files.
    folder: Option<PathBuf>,
    swept: Arc<OnceLock<()>>,
}

/// What kind of store it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The objects are in memory anyway.
    Nowhere,
    /// The store is a folder of this machine: a staged file becomes the object by getting its name.
    Store { root: PathBuf, fsync: bool },
    /// The store is elsewhere: a staged file is sent.
    Folder,
}

impl Staging {
    pub(super) fn nowhere() -> Self {
        Self {
            place: Place::Nowhere,
            folder: None,
            swept: Arc::default(),
        }
    }

    /// Files of processes that were killed are removed here and now: they may be large.
    pub(super) fn in_store(root: PathBuf, fsync: bool) -> Self {
        let staging = Self {
            folder: Some(root.join("staging")),
            place: Place::Store { root, fsync },
            swept: Arc::default(),
        };
        staging.sweep();
        staging
    }

    pub(super) fn in_temporary() -> Self {
        Self {
            folder: None,
            place: Place::Folder,
            swept: Arc::default(),
        }
    }

    /// The same with another folder, when the folder is not the store's.
    pub(super) fn moved_to(self, folder: PathBuf) -> Self {
        if self.place != Place::Folder {
            return self;
        }
        let staging = Self {
            folder: Some(folder),
            ..Self::in_temporary()
        };
        staging.sweep();
        staging
    }

    /// Whether nobody has said where.
    pub(super) fn is_default(&self) -> bool {
        self.place == Place::Folder && self.folder.is_none()
    }

    fn folder(&self) -> PathBuf {
        self.folder.clone().unwrap_or_else(std::env::temp_dir)
    }

    /// A new file. It is locked as long as the value lives, by which other processes see that it is not left over.
    pub(super) fn create(&self) -> io::Result<Staged> {
        self.sweep();
        let folder = self.folder();
        loop {
            let path = folder.join(format!("{PREFIX}{}", Uuid::now_v7()));
            let named =
                |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
            let mut options = OpenOptions::new();
            options.read(true).write(true).create_new(true);
            let file = match options.open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    fs::create_dir_all(&folder).map_err(named)?;
                    options.open(&path)
                }
                other => other,
            };
            let file = file.map_err(named)?;
            let locked = file.lock();
            let staged = Staged {
                file: Mutex::new(Some(Arc::new(file))),
                path,
                moved: OnceLock::new(),
                publishing: Mutex::new(()),
            };
            match locked {
                // Where there are no locks, nobody takes the file for left over either.
                Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(staged),
                Err(error) => return Err(error),
                Ok(()) => {}
            }
            // In the moment before it was locked, another process may have taken it for left over.
            if staged.path.try_exists()? {
                return Ok(staged);
            }
        }
    }

    fn sweep(&self) {
        self.swept.get_or_init(|| sweep(&self.folder()));
    }
}

/// Removes staged files whose process is dead. Only tidies up: what can't be removed now stays.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let path = entry.path();
        let left_over = OpenOptions::new()
            .write(true)
            .open(&path)
            .is_ok_and(|file| file.try_lock().is_ok() && fs::remove_file(&path).is_ok());
        if left_over {
            tracing::debug!(file = %path.display(), "removed what a process left that was killed");
        }
    }
}

/// A staged file, removed with the last reference to it unless it has become an object.
#[derive(Debug)]
pub(crate) struct Staged {
    /// Open, and so locked, until it was moved: there may be many that are still to be read, and nobody takes an object for left over.
    file: Mutex<Option<Arc<File>>>,
    path: PathBuf,
    /// Where it went.
    moved: OnceLock<PathBuf>,
    publishing: Mutex<()>,
}

impl Staged {
    /// Where it is now.
    pub(super) fn path(&self) -> &Path {
        self.moved.get().unwrap_or(&self.path)
    }

    /// The open file; none when it was moved.
    pub(super) fn file(&self) -> Option<Arc<File>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another handle with a position of its own, for reading.
    pub(super) fn open(&self) -> io::Result<File> {
        let path = self.path();
        match File::open(path) {
            // It may just have been moved.
            Err(error) if error.kind() == io::ErrorKind::NotFound && path != self.path() => {
                File::open(self.path())
            }
            other => other,
        }
    }

    /// Gives it the name of an object, whether or not there is one: atomically, and what is replaced has the same content or is
    /// damaged.
    pub(super) fn rename(&self, target: &Path) -> io::Result<()> {
        let _one_at_a_time = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.moved.get().is_none() {
            fs::rename(&self.path, target)?;
            self.moved.get_or_init(|| target.to_owned());
            *self.file.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if self.moved.get().is_none() {
            // What can't be removed now is swept at a later start.
            let _ = fs::remove_file(&self.path);
        }
    }
}
