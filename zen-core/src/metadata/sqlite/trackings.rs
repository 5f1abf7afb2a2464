//! What experiment trackers have of runs. Each goes with its run.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fault::Outcome;
use super::values::{self, Columns};
use crate::metadata::TrackingRecord;

const RECORD: &str = "INSERT INTO tracking (run, location, id, url, state, undelivered, error, updated)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM run WHERE id = ?1)
     ON CONFLICT (run) DO UPDATE SET location = excluded.location, id = excluded.id, url = excluded.url, state = excluded.state,
         undelivered = excluded.undelivered, error = excluded.error, updated = excluded.updated";

pub(super) const OF_RUN: &str =
    "SELECT run, location, id, url, state, undelivered, error, updated FROM tracking WHERE run = ?1";

/// Few runs are under way at once, and few were lost.
pub(super) const UNENDED: &str =
    "SELECT tracking.run, location, tracking.id, url, state, undelivered, tracking.error, updated
     FROM tracking JOIN run ON run.id = tracking.run
     WHERE location = ?1 AND state IN ('open', 'lost') AND tracking.id IS NOT NULL
         AND run.status NOT IN ('running', 'queued', 'retrying')
     ORDER BY tracking.run LIMIT ?2";

/// Does nothing when the run is not recorded.
pub(super) fn record(conn: &Connection, tracking: &TrackingRecord) -> Outcome<()> {
    conn.prepare_cached(RECORD)?.execute(params![
        tracking.run.as_bytes(),
        tracking.location,
        tracking.id,
        tracking.url,
        tracking.state.as_str(),
        values::json(&tracking.undelivered)?,
        tracking.error,
        tracking.updated.timestamp_micros(),
    ])?;
    Ok(())
}

pub(super) fn of_run(conn: &Connection, run: Uuid) -> Outcome<Option<TrackingRecord>> {
    values::first(conn, "tracking of run", OF_RUN, [run.as_bytes()], read)
}

pub(super) fn unended(conn: &Connection, location: &str, limit: u32) -> Outcome<Vec<TrackingRecord>> {
    values::all(conn, "tracking of run", UNENDED, params![location, limit], read)
}

/// What is left when a run is being deleted.
pub(super) fn forget_run(conn: &Connection, run: Uuid) -> Outcome<()> {
    conn.prepare_cached("DELETE FROM tracking WHERE run = ?1")?
        .execute([run.as_bytes()])?;
    Ok(())
}

fn read(row: &mut Columns<'_, '_>) -> Outcome<TrackingRecord> {
    Ok(TrackingRecord {
        run: row.uuid()?,
        location: row.get()?,
        id: row.get()?,
        url: row.get()?,
        state: row.parsed()?,
        undelivered: row.json()?,
        error: row.get()?,
        updated: row.time()?,
    })
}
