//! Who stores objects outside any run.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::super::fault::Outcome;
use super::super::values::{self, uuid_bytes};
use crate::metadata::HoldRecord;

pub(in super::super) fn add(conn: &Connection, hold: &HoldRecord) -> Outcome<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO hold (id, process, host) VALUES (?1, ?2, ?3)")?
        .execute(params![hold.id.as_bytes(), uuid_bytes(&hold.process), hold.host])?;
    Ok(())
}

pub(in super::super) fn release(conn: &Connection, hold: Uuid) -> Outcome<()> {
    conn.prepare_cached("DELETE FROM hold WHERE id = ?1")?
        .execute([hold.as_bytes()])?;
    Ok(())
}

pub(in super::super) fn all(conn: &Connection) -> Outcome<Vec<HoldRecord>> {
    values::all(
        conn,
        "hold",
        "SELECT id, process, host FROM hold ORDER BY id",
        [],
        |row| {
            Ok(HoldRecord {
                id: row.uuid()?,
                process: row.opt_uuid()?,
                host: row.get()?,
            })
        },
    )
}
