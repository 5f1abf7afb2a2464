//! The log of a daemon: its standard output and error, in files of bounded size.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::service::logs::rotated;

/// How much of a service's log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLimits {
    /// The size at which a new file is begun, in bytes.
    pub bytes: u64,
    /// How many full files are kept beside the current one.
    pub files: u32,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self {
            bytes: 10 << 20,
            files: 3,
        }
    }
}

/// The log's file, opened so that every write goes to its end.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut tries = 0;
    loop {
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        match made.and_then(|()| OpenOptions::new().create(true).append(true).open(path)) {
            // Who deletes the last other service removes the folder of all of them, maybe right now.
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < 100 => tries += 1,
            other => return other,
        }
    }
}

/// Makes the file the process's standard output and error.
///
/// The process writes to the file itself, not to a pipe that somebody copies: so the last words of a process that aborts
/// or is killed are in it.
pub(super) fn take_over(file: &File) -> io::Result<()> {
    rustix::stdio::dup2_stdout(file)?;
    rustix::stdio::dup2_stderr(file)?;
    Ok(())
}

/// Begins a new file whenever the current one is full, or has been removed, for as long as the process lives.
pub(super) fn keep_bounded(path: PathBuf, limits: LogLimits) {
    let watch = move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            // A log that can't be renewed is no reason to end a service: the next second may bring a better disk.
            let _ = check(&path, limits);
        }
    };
    // Without the thread the log only grows.
    let _ = std::thread::Builder::new().name("zen-log".into()).spawn(watch);
}

fn check(path: &Path, limits: LogLimits) -> io::Result<()> {
    let current = rustix::fs::fstat(rustix::stdio::stderr())?;
    match std::fs::metadata(path) {
        Ok(meta) if (meta.dev(), meta.ino()) == (current.st_dev as u64, current.st_ino as u64) => {
            if meta.len() < limits.bytes.max(1) {
                return Ok(());
            }
            shift(path, limits.files)?;
        }
        // Another version's process, or somebody's editor, put a file of its own there: leave it.
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    take_over(&open(path)?)
}

fn shift(path: &Path, files: u32) -> io::Result<()> {
    if files == 0 {
        return std::fs::remove_file(path);
    }
    for number in (1..files).rev() {
        match std::fs::rename(rotated(path, number), rotated(path, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    std::fs::rename(path, rotated(path, 1))
}
