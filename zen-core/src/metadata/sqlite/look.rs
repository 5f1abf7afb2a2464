//! Opening a database only to look at it, also where nothing can be written.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::SqliteMetadata;
use super::migrations::{MIGRATIONS, MigrationError, version};
use super::open::{BUSY, keep_statements, told};
use crate::metadata::MetadataError;

impl SqliteMetadata {
    /// Opens the database in this file to be read and never written: neither made nor upgraded when it isn't there or is an older one, and
    /// also in a folder that this process can't write to. Whatever would write fails.
    ///
    /// Programs that write may have it open at the same time. Where the files beside the database that they share can't be made, it is read as
    /// if nobody wrote: only when there is no `<file>-wal`, and so nobody has written since the last one closed it.
    ///
    /// # Errors
    /// [`MetadataError::Newer`] for a database of a newer zen, [`MetadataError::Older`] for one that has to be upgraded first,
    /// [`MetadataError::Open`] when there is none, when it can't be read, is damaged, or belongs to another program.
    pub fn look(path: &Path) -> Result<Self, MetadataError> {
        let open = |error: &dyn std::error::Error| MetadataError::Open {
            location: path.display().to_string(),
            reason: error.to_string(),
            source: None,
        };
        let path = std::path::absolute(path).map_err(|error| open(&error))?;
        // SQLite says of all that it can't open only that.
        std::fs::File::open(&path).map_err(|error| open(&error))?;
        let conn = match reader(&path, Access::of(&path)) {
            Err(MigrationError::Sql(error)) if cant_share(&error) => match has_log(&path) {
                true => return Err(unshared(&path, &error)),
                false => reader(&path, Access::Alone),
            },
            other => other,
        };
        let (conn, found) = conn.map_err(|error| told(&path, error))?;
        if found < MIGRATIONS.len() {
            return Err(MetadataError::Older {
                location: path.display().to_string(),
                found: u32::try_from(found).unwrap_or(u32::MAX),
                known: u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX),
                zen: env!("CARGO_PKG_VERSION"),
            });
        }
        Ok(Self::looking(&path, conn))
    }
}

/// How a database is opened that is only read.
#[derive(Clone, Copy)]
enum Access {
    /// Nobody has it open: what has to be made beside it to read it goes again when it is closed, which a connection that could not write
    /// would leave behind.
    First,
    /// Beside others.
    Shared,
    /// Nobody can write.
    Alone,
}

impl Access {
    fn of(path: &Path) -> Self {
        match beside(path, "-wal").exists() || beside(path, "-shm").exists() {
            true => Self::Shared,
            false => Self::First,
        }
    }
}

/// A connection that reads, and the version of the schema it found.
fn reader(path: &Path, access: Access) -> Result<(Connection, usize), MigrationError> {
    let (read, write) = (
        OpenFlags::SQLITE_OPEN_READ_ONLY,
        OpenFlags::SQLITE_OPEN_READ_WRITE,
    );
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = match access {
        Access::First => Connection::open_with_flags(path, flags | write)?,
        Access::Shared => Connection::open_with_flags(path, flags | read)?,
        Access::Alone => Connection::open_with_flags(uri(path), flags | read | OpenFlags::SQLITE_OPEN_URI)?,
    };
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "query_only", true)?;
    let found = version(&conn, MIGRATIONS)?;
    // Reads the schema: damage to it shall be found here.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    keep_statements(&conn)?;
    Ok((conn, found))
}

fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for c in path.to_string_lossy().chars() {
        match c {
            '%' | '?' | '#' => uri.push_str(&format!("%{:02X}", u32::from(c))),
            c => uri.push(c),
        }
    }
    uri + "?immutable=1"
}

/// The files that readers and writers share can't be made or opened.
fn cant_share(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
    )
}

/// What was written last stands in the log, which can't be read alone.
fn unshared(path: &Path, error: &rusqlite::Error) -> MetadataError {
    MetadataError::Open {
        location: path.display().to_string(),
        reason: format!(
            "{error}: a program that wrote to it was killed or is at work, and what it shares with readers can't be opened here: look at it \
             once as somebody who may write to its folder"
        ),
        source: None,
    }
}

fn has_log(path: &Path) -> bool {
    // An empty one has been moved to the database as a whole.
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
