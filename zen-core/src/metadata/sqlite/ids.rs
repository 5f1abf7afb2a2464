//! Ids by their order, which every table of them has an index of.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fault::Outcome;
use super::values;
use crate::metadata::{IdKind, Neighbours};

const fn table(kind: IdKind) -> &'static str {
    match kind {
        IdKind::Run => "run",
        IdKind::Step => "step",
        IdKind::Artifact => "artifact",
        IdKind::Service => "service",
        IdKind::Schedule => "schedule",
        IdKind::Slot => "slot",
    }
}

pub(super) fn between(
    conn: &Connection,
    kind: IdKind,
    low: Uuid,
    high: Uuid,
    limit: u32,
) -> Outcome<Vec<Uuid>> {
    let table = table(kind);
    let sql = format!("SELECT id FROM {table} WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3");
    let given = params![low.as_bytes(), high.as_bytes(), limit];
    values::all(conn, table, &sql, given, |row| row.uuid())
}

pub(super) fn neighbours(conn: &Connection, kind: IdKind, id: Uuid) -> Outcome<Neighbours> {
    let table = table(kind);
    let first = |condition: &str| {
        let sql = format!("SELECT id FROM {table} WHERE {condition} LIMIT 1");
        values::first(conn, table, &sql, [id.as_bytes()], |row| row.uuid())
    };
    Ok(Neighbours {
        before: first("id < ?1 ORDER BY id DESC")?,
        after: first("id > ?1 ORDER BY id")?,
    })
}
