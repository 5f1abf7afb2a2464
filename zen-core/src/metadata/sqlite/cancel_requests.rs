//! Requests to cancel runs. Each goes with its run.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fault::Outcome;
use super::values;
use crate::metadata::CancelRequest;

pub(super) const OF_RUN: &str = "SELECT run, by, at FROM cancel_request WHERE run = ?1";

/// Does nothing when the run is not recorded or has ended, and when it was asked for before.
pub(super) fn record(conn: &Connection, run: Uuid, by: &str, at: DateTime<Utc>) -> Outcome<()> {
    conn.prepare_cached(
        "INSERT INTO cancel_request (run, by, at) SELECT id, ?2, ?3 FROM run
         WHERE id = ?1 AND status IN ('running', 'queued', 'retrying') ON CONFLICT (run) DO NOTHING",
    )?
    .execute(params![run.as_bytes(), by, at.timestamp_micros()])?;
    Ok(())
}

pub(super) fn of_run(conn: &Connection, run: Uuid) -> Outcome<Option<CancelRequest>> {
    values::first(conn, "request to cancel a run", OF_RUN, [run.as_bytes()], |row| {
        row.uuid()?;
        Ok(CancelRequest {
            by: row.get()?,
            at: row.time()?,
        })
    })
}

/// What is left when a run is being deleted.
pub(super) fn forget_run(conn: &Connection, run: Uuid) -> Outcome<()> {
    conn.prepare_cached("DELETE FROM cancel_request WHERE run = ?1")?
        .execute([run.as_bytes()])?;
    Ok(())
}
