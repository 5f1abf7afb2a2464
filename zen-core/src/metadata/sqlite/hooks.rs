//! The hooks that were called. Each belongs to its run, and without one to its slot, and goes with that.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fault::Outcome;
use super::values::{self, Columns, uuid_bytes};
use crate::metadata::HookRecord;

const RECORD: &str = "INSERT INTO hook (id, run, step, slot, hook, event, started, ended, error)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
     WHERE EXISTS (SELECT 1 FROM run WHERE id = ?2) OR (?2 IS NULL AND EXISTS (SELECT 1 FROM slot WHERE id = ?4))
     ON CONFLICT (id) DO NOTHING";

/// What was called for a run or, for a slot that has none yet, for its slot.
pub(super) const OF_RUN: &str = "SELECT id, run, step, slot, hook, event, started, ended, error FROM hook
     WHERE id IN (SELECT id FROM hook WHERE run = ?1
         UNION ALL SELECT id FROM hook WHERE slot = (SELECT slot FROM run WHERE id = ?1) AND run IS NULL)
     ORDER BY id";

pub(super) const OF_SLOT: &str =
    "SELECT id, run, step, slot, hook, event, started, ended, error FROM hook WHERE slot = ?1 ORDER BY id";

/// Does nothing when it is recorded already, or when what it was called after is gone.
pub(super) fn record(conn: &Connection, hook: &HookRecord) -> Outcome<()> {
    conn.prepare_cached(RECORD)?.execute(params![
        hook.id.as_bytes(),
        uuid_bytes(&hook.run),
        uuid_bytes(&hook.step),
        uuid_bytes(&hook.slot),
        hook.hook,
        hook.event,
        hook.started.timestamp_micros(),
        hook.ended.timestamp_micros(),
        hook.error,
    ])?;
    Ok(())
}

pub(super) fn of_run(conn: &Connection, run: Uuid) -> Outcome<Vec<HookRecord>> {
    values::all(conn, "hook", OF_RUN, [run.as_bytes()], read)
}

pub(super) fn of_slot(conn: &Connection, slot: Uuid) -> Outcome<Vec<HookRecord>> {
    values::all(conn, "hook", OF_SLOT, [slot.as_bytes()], read)
}

/// What is left when a run is being deleted.
pub(super) fn forget_run(conn: &Connection, run: Uuid) -> Outcome<()> {
    conn.prepare_cached("DELETE FROM hook WHERE run = ?1")?
        .execute([run.as_bytes()])?;
    Ok(())
}

/// What no run has, when a slot is being deleted.
pub(super) fn forget_slot(conn: &Connection, slot: Uuid) -> Outcome<()> {
    conn.prepare_cached("DELETE FROM hook WHERE slot = ?1 AND run IS NULL")?
        .execute([slot.as_bytes()])?;
    Ok(())
}

/// What no run has, when a schedule is being deleted and before its slots are.
pub(super) fn forget_schedule(conn: &Connection, schedule: Uuid) -> Outcome<()> {
    conn.prepare_cached(FORGET_SCHEDULE)?
        .execute([schedule.as_bytes()])?;
    Ok(())
}

pub(super) const FORGET_SCHEDULE: &str =
    "DELETE FROM hook WHERE run IS NULL AND slot IN (SELECT id FROM slot WHERE schedule = ?1)";

fn read(row: &mut Columns<'_, '_>) -> Outcome<HookRecord> {
    Ok(HookRecord {
        id: row.uuid()?,
        run: row.opt_uuid()?,
        step: row.opt_uuid()?,
        slot: row.opt_uuid()?,
        hook: row.get()?,
        event: row.get()?,
        started: row.time()?,
        ended: row.time()?,
        error: row.get()?,
    })
}
