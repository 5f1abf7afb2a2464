//! Schedulers at work.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fault::Outcome;
use super::values::{self, unsigned, uuid_bytes};
use crate::metadata::SchedulerRecord;

pub(super) const ALL: &str = "SELECT id, process, pid, host, beat, started FROM scheduler ORDER BY id";

/// Inserts or replaces.
pub(super) fn record(conn: &Connection, scheduler: &SchedulerRecord) -> Outcome<()> {
    conn.prepare_cached(
        "INSERT INTO scheduler (id, process, pid, host, beat, started) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET process = ?2, pid = ?3, host = ?4, beat = ?5, started = ?6",
    )?
    .execute(params![
        scheduler.id.as_bytes(),
        uuid_bytes(&scheduler.process),
        scheduler.pid,
        scheduler.host,
        unsigned(scheduler.beat),
        scheduler.started.timestamp_micros(),
    ])?;
    Ok(())
}

/// Does nothing when it is gone already.
pub(super) fn end(conn: &Connection, scheduler: Uuid) -> Outcome<()> {
    conn.prepare_cached("DELETE FROM scheduler WHERE id = ?1")?
        .execute([scheduler.as_bytes()])?;
    Ok(())
}

/// Oldest first.
pub(super) fn all(conn: &Connection) -> Outcome<Vec<SchedulerRecord>> {
    values::all(conn, "scheduler", ALL, [], |row| {
        Ok(SchedulerRecord {
            id: row.uuid()?,
            process: row.opt_uuid()?,
            pid: row.get()?,
            host: row.get()?,
            beat: row.unsigned()?,
            started: row.time()?,
        })
    })
}
