//! The bytes of small artifacts.

use rusqlite::{Connection, params};

use super::fault::Outcome;
use super::known::Known;
use super::values;
use crate::artifact::Digest;

/// Finds an object by its digest, `?1`.
const WHICH: &str = "substr(digest, 1, 8) = substr(?1, 1, 8) AND digest = ?1";

const EXISTS: &str = "SELECT 1 FROM object WHERE substr(digest, 1, 8) = substr(?1, 1, 8) AND digest = ?1";

const INSERT: &str = "INSERT INTO object (digest, bytes) VALUES (?1, ?2)";

/// Two statements: one that selects from the table it inserts into takes a detour through a temporary table, which costs more than both.
pub(super) fn add(known: &mut Known<'_>, digest: Digest, bytes: &[u8]) -> Outcome<()> {
    if !known.statement(EXISTS)?.exists([digest.as_bytes()])? {
        known
            .statement(INSERT)?
            .execute(params![digest.as_bytes(), bytes])?;
    }
    Ok(())
}

/// Adds it when there is nothing to replace.
pub(super) fn replace(known: &mut Known<'_>, digest: Digest, bytes: &[u8]) -> Outcome<()> {
    let sql = format!("UPDATE object SET bytes = ?2 WHERE {WHICH}");
    let replaced = known
        .conn
        .prepare_cached(&sql)?
        .execute(params![digest.as_bytes(), bytes])?;
    if replaced == 0 {
        add(known, digest, bytes)
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
