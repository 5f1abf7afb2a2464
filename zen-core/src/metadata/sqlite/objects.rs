//! The bytes of small artifacts.

use rusqlite::{Connection, params};

use super::fault::Outcome;
use super::values;
use crate::artifact::Digest;

/// Finds an object by its digest, `?1`.
const WHICH: &str = "substr(digest, 1, 8) = substr(?1, 1, 8) AND digest = ?1";

pub(super) fn add(conn: &Connection, digest: Digest, bytes: &[u8]) -> Outcome<()> {
    let sql = format!(
        "INSERT INTO object (digest, bytes) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM object WHERE {WHICH})"
    );
    conn.prepare_cached(&sql)?
        .execute(params![digest.as_bytes(), bytes])?;
    Ok(())
}

/// Adds it when there is nothing to replace.
pub(super) fn replace(conn: &Connection, digest: Digest, bytes: &[u8]) -> Outcome<()> {
    let sql = format!("UPDATE object SET bytes = ?2 WHERE {WHICH}");
    let replaced = conn
        .prepare_cached(&sql)?
        .execute(params![digest.as_bytes(), bytes])?;
    if replaced == 0 {
        add(conn, digest, bytes)
    } else {
        Ok(())
    }
}

pub(super) fn bytes(conn: &Connection, digest: Digest) -> Outcome<Option<Vec<u8>>> {
    values::first(conn, "object", &bytes_sql(), [digest.as_bytes()], |row| row.get())
}

pub(super) fn bytes_sql() -> String {
    format!("SELECT bytes FROM object WHERE {WHICH}")
}
