//! Copying out: whole or not at all, and never over something.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::FilesError;
use super::input::CopyError;

/// Lets `make` make something beside `target`, and gives it that name when it is complete.
pub(super) fn in_place(
    target: &Path,
    make: impl FnOnce(&Path) -> Result<(), FilesError>,
) -> Result<(), FilesError> {
    let exists = || match fs::symlink_metadata(target) {
        Ok(_) => Err(FilesError::Exists {
            path: target.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FilesError::io("looking at", target)(error)),
    };
    exists()?;
    let partial = beside(target)?;
    let made = make(&partial)
        .and_then(|()| exists())
        .and_then(|()| fs::rename(&partial, target).map_err(FilesError::io("making", target)));
    if made.is_err() {
        // What there is of it is of no use; that it can't be removed is not the error to report.
        let _ = match partial.is_dir() {
            true => fs::remove_dir_all(&partial),
            false => fs::remove_file(&partial),
        };
    }
    made
}

fn beside(target: &Path) -> Result<PathBuf, FilesError> {
    let Some(name) = target.file_name() else {
        return Err(FilesError::Exists {
            path: target.to_owned(),
        });
    };
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", Uuid::now_v7()));
    Ok(target.with_file_name(hidden))
}

/// Writes a new file.
pub(super) fn file(
    path: &Path,
    executable: bool,
    content: impl FnOnce(&mut dyn io::Write) -> Result<(), CopyError>,
) -> Result<(), FilesError> {
    let mut out = File::create_new(path).map_err(FilesError::io("making", path))?;
    content(&mut out).map_err(|error| match error {
        CopyError::Input(error) => error,
        CopyError::Sink(error) => FilesError::io("writing", path)(error),
    })?;
    if executable {
        make_executable(&out).map_err(FilesError::io("making executable", path))?;
    }
    Ok(())
}

/// For everybody who may read it.
#[cfg(unix)]
fn make_executable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = file.metadata()?.permissions();
    let readable = permissions.mode() & 0o444;
    permissions.set_mode(permissions.mode() | readable >> 2);
    file.set_permissions(permissions)
}

#[cfg(not(unix))]
fn make_executable(_: &File) -> io::Result<()> {
    Ok(())
}
