//! The marks: set, sealed, waited for, removed.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::super::fault::Outcome;
use super::super::values::{self, unsigned};
use crate::metadata::{GoingObject, PendingPrune};

const MARKS: [&str; 4] = [
    "condemned_run",
    "condemned_artifact",
    "condemned_object",
    "condemned_slot",
];

/// What is under way of what a prune waits for.
pub(super) const WAITS: &str = "SELECT run.id FROM run JOIN prune_barrier AS barrier ON barrier.id = run.id
        WHERE run.status IN ('queued', 'running', 'retrying') AND barrier.prune = ?1
     UNION ALL SELECT hold.id FROM hold JOIN prune_barrier AS barrier ON barrier.id = hold.id WHERE barrier.prune = ?1";

/// Begins a prune, and drops all marks that were never sealed.
pub(in super::super) fn begin(conn: &Connection) -> Outcome<u64> {
    drop_unsealed(conn)?;
    conn.execute("INSERT INTO prune (sealed) VALUES (0)", [])?;
    Ok(conn.last_insert_rowid().cast_unsigned())
}

fn drop_unsealed(conn: &Connection) -> Outcome<()> {
    for table in MARKS {
        conn.execute(
            &format!("DELETE FROM {table} WHERE prune IN (SELECT no FROM prune WHERE sealed = 0)"),
            [],
        )?;
    }
    conn.execute("DELETE FROM prune WHERE sealed = 0", [])?;
    Ok(())
}

/// Whether a prune whose marks are being written is still there: another one may have dropped it.
fn goes_on(conn: &Connection, prune: u64) -> Outcome<bool> {
    Ok(conn
        .prepare_cached("SELECT 1 FROM prune WHERE no = ?1")?
        .exists([prune.cast_signed()])?)
}

/// What is marked already belongs to an earlier prune, which may come to its end sooner.
pub(in super::super) fn runs(conn: &Connection, prune: u64, runs: &[Uuid]) -> Outcome<()> {
    mark(
        conn,
        prune,
        "INSERT OR IGNORE INTO condemned_run (id, prune) VALUES (?1, ?2)",
        runs,
    )
}

pub(in super::super) fn artifacts(conn: &Connection, prune: u64, artifacts: &[Uuid]) -> Outcome<()> {
    let sql = "INSERT OR IGNORE INTO condemned_artifact (id, prune) VALUES (?1, ?2)";
    mark(conn, prune, sql, artifacts)
}

pub(in super::super) fn slots(conn: &Connection, prune: u64, slots: &[Uuid]) -> Outcome<()> {
    let sql = "INSERT OR IGNORE INTO condemned_slot (id, prune) VALUES (?1, ?2)";
    mark(conn, prune, sql, slots)
}

fn mark(conn: &Connection, prune: u64, sql: &'static str, ids: &[Uuid]) -> Outcome<()> {
    if !goes_on(conn, prune)? {
        return Ok(());
    }
    let mut insert = conn.prepare_cached(sql)?;
    for id in ids {
        insert.execute(params![id.as_bytes(), prune.cast_signed()])?;
    }
    Ok(())
}

pub(in super::super) fn objects(conn: &Connection, prune: u64, objects: &[GoingObject]) -> Outcome<()> {
    if !goes_on(conn, prune)? {
        return Ok(());
    }
    let mut insert = conn.prepare_cached(
        "INSERT OR IGNORE INTO condemned_object (digest, prune, size, inline) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for going in objects {
        insert.execute(params![
            going.object.digest.as_bytes(),
            prune.cast_signed(),
            unsigned(going.object.size),
            going.inline
        ])?;
    }
    Ok(())
}

/// From here on only those are waited for that are under way now.
pub(in super::super) fn seal(conn: &Connection, prune: u64) -> Outcome<PendingPrune> {
    if goes_on(conn, prune)? {
        conn.execute(
            "INSERT INTO prune_barrier (prune, id)
             SELECT ?1, id FROM run WHERE status IN ('queued', 'running', 'retrying')
             UNION SELECT ?1, id FROM hold",
            [prune.cast_signed()],
        )?;
        conn.execute("UPDATE prune SET sealed = 1 WHERE no = ?1", [prune.cast_signed()])?;
    }
    pending_one(conn, prune)
}

fn pending_one(conn: &Connection, no: u64) -> Outcome<PendingPrune> {
    let waits_for = values::all(conn, "prune", WAITS, [no.cast_signed()], |row| row.uuid())?;
    Ok(PendingPrune { no, waits_for })
}

pub(in super::super) fn pending(conn: &Connection) -> Outcome<Vec<PendingPrune>> {
    let sealed: Vec<u64> = values::all(
        conn,
        "prune",
        "SELECT no FROM prune WHERE sealed = 1 ORDER BY no",
        [],
        |row| row.unsigned(),
    )?;
    sealed.into_iter().map(|no| pending_one(conn, no)).collect()
}

/// The marks on runs stay until nothing else of their prune is left. Drops marks that were never sealed: no other prune may come that has
/// anything to mark.
pub(in super::super) fn finish(conn: &Connection) -> Outcome<()> {
    drop_unsealed(conn)?;
    for prune in pending(conn)? {
        let no = prune.no.cast_signed();
        let left = "SELECT 1 FROM condemned_artifact WHERE prune = ?1 UNION ALL SELECT 1 FROM condemned_object WHERE prune = ?1
             UNION ALL SELECT 1 FROM condemned_slot WHERE prune = ?1
             UNION ALL SELECT 1 FROM condemned_run JOIN run ON run.id = condemned_run.id WHERE prune = ?1";
        if !prune.waits_for.is_empty() || conn.prepare_cached(left)?.exists([no])? {
            continue;
        }
        conn.execute("DELETE FROM condemned_run WHERE prune = ?1", [no])?;
        conn.execute("DELETE FROM prune_barrier WHERE prune = ?1", [no])?;
        conn.execute("DELETE FROM prune WHERE no = ?1", [no])?;
    }
    Ok(())
}
