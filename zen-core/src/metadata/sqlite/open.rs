//! Opening connections to a database file.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::migrations::{MIGRATIONS, MigrationError, migrate, version};
use super::options::Durability;
use crate::metadata::MetadataError;

/// Longer than any burst of transactions of other processes can take.
pub(super) const BUSY: Duration = Duration::from_secs(60);

/// More than there are different statements, so that none is ever compiled twice.
const STATEMENTS: usize = 128;

/// Pages the write-ahead log collects (16 MB) before they are moved to the database, which waits for the disk. SQLite's
/// own 1000 are full after a few hundred steps.
const CHECKPOINT: i32 = 4000;

/// The memory the writer may keep pages in, in kB (what the minus says): the indexes over digests are changed all over.
const CACHE: i32 = -16_000;

/// Opens the connection that writes; creates or upgrades the database first.
pub(super) fn writer(path: &Path, durability: Durability) -> Result<Connection, MetadataError> {
    let refuse = |reason: String| MetadataError::Open {
        location: path.display().to_string(),
        reason,
        source: None,
    };
    // A fresh database is switched to WAL with a lock that SQLite does not wait for: a second process looking at the
    // file at that moment makes it fail with "database is locked". So no two processes open it at once.
    let _lock = lock(path).map_err(|(file, error)| refuse(format!("locking {}: {error}", file.display())))?;
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).map_err(MigrationError::Sql);
    opened
        .and_then(|conn| prepare_writer(conn, durability))
        .map_err(|error| told(path, error))
}

fn prepare_writer(mut conn: Connection, durability: Durability) -> Result<Connection, MigrationError> {
    conn.busy_timeout(BUSY)?;
    let mode: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        // Looked at before anything is written: the file may belong to another program.
        version(&conn, MIGRATIONS)?;
        let mode: String = conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        if mode != "wal" {
            return Err(MigrationError::NoWal);
        }
    }
    conn.pragma_update(None, "synchronous", synchronous(durability))?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
    conn.pragma_update(None, "cache_size", CACHE)?;
    finish(&mut conn)?;
    Ok(conn)
}

/// Opens a connection that only reads a database this process has open for writing.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    keep_statements(&conn)?;
    Ok(conn)
}

/// Opens a database that lives as long as the connection.
pub(super) fn memory() -> Result<Connection, MetadataError> {
    let open = || {
        let mut conn = Connection::open_in_memory()?;
        finish(&mut conn)?;
        Ok(conn)
    };
    open().map_err(|error| told(Path::new(":memory:"), error))
}

pub(super) fn synchronous(durability: Durability) -> &'static str {
    match durability {
        Durability::Process => "NORMAL",
        Durability::Power => "FULL",
    }
}

fn finish(conn: &mut Connection) -> Result<(), MigrationError> {
    // Not during the migrations, which may have to rebuild tables that others refer to.
    conn.pragma_update(None, "foreign_keys", false)?;
    migrate(conn, MIGRATIONS)?;
    // Reads the schema, which would be done at the first query: damage to it shall be found here.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    conn.pragma_update(None, "foreign_keys", true)?;
    Ok(keep_statements(conn)?)
}

pub(super) fn keep_statements(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise every statement that a partial index could serve is compiled again for each new value of its parameters,
    // which takes several times longer than running it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Held until the file is dropped, or the process dies.
fn lock(path: &Path) -> Result<File, (PathBuf, std::io::Error)> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let locked = || {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)?;
        loop {
            match file.lock() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other.map(|()| file),
            }
        }
    };
    locked().map_err(|error| (name.clone(), error))
}

pub(super) fn told(path: &Path, error: MigrationError) -> MetadataError {
    let location = path.display().to_string();
    match error {
        MigrationError::Newer { found, known } => MetadataError::Newer {
            location,
            found,
            known,
            zen: env!("CARGO_PKG_VERSION"),
        },
        error => MetadataError::Open {
            location,
            reason: error.to_string(),
            source: None,
        },
    }
}
