//! Which processes are alive.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Proof that this process is alive, for other processes on this machine.
///
/// A file that is locked as long as the process lives. The kernel drops the lock when the process dies in whatever way, and
/// unlike a process id the file's name is never used again.
#[derive(Debug)]
pub struct Liveness {
    id: Uuid,
    path: PathBuf,
    _lock: File,
}

impl Liveness {
    /// Makes and locks a file for this process in `folder`.
    ///
    /// # Errors
    /// When the file can't be made or locked.
    pub fn claim(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let id = Uuid::now_v7();
        // Locked before it gets its name, so that nobody ever sees it unlocked while this process lives.
        let hidden = folder.join(format!(".{id}"));
        let path = folder.join(id.to_string());
        let file = OpenOptions::new().write(true).create_new(true).open(&hidden)?;
        file.lock()?;
        std::fs::rename(&hidden, &path)?;
        Ok(Self {
            id,
            path,
            _lock: file,
        })
    }

    /// The name under which runs record this process.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Whether the process that claimed `id` in `folder` is alive.
    ///
    /// # Errors
    /// When the file can't be examined.
    pub fn is_alive(folder: &Path, id: Uuid) -> io::Result<bool> {
        let path = folder.join(id.to_string());
        let file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => {
                // Nobody needs it any more; another process may have removed it first.
                let _ = std::fs::remove_file(&path);
                Ok(false)
            }
        }
    }

    /// Whether any process that claimed an id in `folder`, this one among them, is alive.
    pub(crate) fn is_anybody_alive(folder: &Path) -> bool {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return false;
        };
        entries.flatten().any(|entry| {
            let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
            // When in doubt it is alive.
            id.is_some_and(|id| Self::is_alive(folder, id).unwrap_or(true))
        })
    }

    /// Removes the files of dead processes. Only tidies up: a missing file says the same as an unlocked one.
    pub(crate) fn sweep(folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            if let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
                let _ = Self::is_alive(folder, id);
            }
        }
    }
}

impl Drop for Liveness {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
