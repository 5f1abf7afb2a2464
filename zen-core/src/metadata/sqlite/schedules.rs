//! Schedules.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use uuid::Uuid;

use super::fault::{Fault, Outcome};
use super::revisions::Revisions;
use super::values::{self, Columns, digest_bytes, json, unsigned};
use super::{hooks, slots};
use crate::metadata::{ProgramRecord, ScheduleFilter, ScheduleRecord};

const COLUMNS: &str = "id, name, revision, pipeline, pipeline_path, timing, options, arguments, arguments_encoded, stack, \
     artifacts, program_path, program_digest, state, reason, cursor, reached, fired, failures, created, updated";

/// An update and not a replacement, which would delete the row that the slots refer to. The revision comes last: see [`Revisions`].
const RECORD: &str = "INSERT INTO schedule (id, name, revision, pipeline, pipeline_path, timing, options, arguments, \
     arguments_encoded, stack, artifacts, program_path, program_digest, state, reason, cursor, reached, fired, failures, created, updated)
     VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
     ON CONFLICT (id) DO UPDATE SET name = ?2, pipeline = ?3, pipeline_path = ?4, timing = ?5, options = ?6, arguments = ?7, \
     arguments_encoded = ?8, stack = ?9, artifacts = ?10, program_path = ?11, program_digest = ?12, state = ?13, reason = ?14, \
     cursor = ?15, reached = ?16, fired = ?17, failures = ?18, created = ?19, updated = ?20";

/// Fails when somebody has changed the schedule since it was read.
pub(super) fn check_revision(conn: &Connection, schedule: &ScheduleRecord) -> Outcome<()> {
    let stored = conn
        .prepare_cached("SELECT revision FROM schedule WHERE id = ?1")?
        .query_row([schedule.id.as_bytes()], |row| row.get::<_, i64>(0))
        .optional()?;
    if stored.unwrap_or(0).cast_unsigned() != schedule.revision {
        return Err(Fault::Stale {
            schedule: schedule.name.clone(),
        });
    }
    Ok(())
}

/// Inserts or replaces. Its revision was looked at before anything of the list was applied.
pub(super) fn record(conn: &Connection, revisions: &mut Revisions, schedule: &ScheduleRecord) -> Outcome<()> {
    let named = conn
        .prepare_cached("SELECT 1 FROM schedule WHERE name = ?1 AND id <> ?2")?
        .exists(params![schedule.name, schedule.id.as_bytes()])?;
    if named {
        return Err(Fault::NameTaken {
            schedule: schedule.name.clone(),
        });
    }
    conn.prepare_cached(RECORD)?.execute(params![
        schedule.id.as_bytes(),
        schedule.name,
        schedule.pipeline,
        schedule.pipeline_path,
        json(&schedule.timing)?,
        json(&schedule.options)?,
        json(&schedule.arguments)?,
        schedule.arguments_encoded,
        schedule.stack,
        schedule.artifacts,
        schedule.program.path,
        digest_bytes(&schedule.program.digest),
        schedule.state.as_str(),
        schedule.reason,
        schedule.cursor.timestamp_micros(),
        schedule.reached.timestamp_micros(),
        unsigned(schedule.fired),
        schedule.failures,
        schedule.created.timestamp_micros(),
        schedule.updated.timestamp_micros(),
    ])?;
    conn.prepare_cached("DELETE FROM deleted_schedule WHERE id = ?1")?
        .execute([schedule.id.as_bytes()])?;
    revisions.changed(conn, schedule.id)
}

/// With its slots. Does nothing when it is gone already.
pub(super) fn delete(conn: &Connection, revisions: &mut Revisions, schedule: Uuid) -> Outcome<()> {
    let id = schedule.as_bytes();
    if !conn
        .prepare_cached("SELECT 1 FROM schedule WHERE id = ?1")?
        .exists([id])?
    {
        return Ok(());
    }
    hooks::forget_schedule(conn, schedule)?;
    slots::forget_schedule(conn, schedule)?;
    conn.prepare_cached("DELETE FROM schedule WHERE id = ?1")?
        .execute([id])?;
    let revision = revisions.deleted(conn, schedule)?;
    conn.prepare_cached("INSERT INTO deleted_schedule (revision, id) VALUES (?1, ?2)")?
        .execute(params![unsigned(revision), id])?;
    Ok(())
}

pub(super) fn one(conn: &Connection, schedule: Uuid) -> Outcome<Option<ScheduleRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM schedule WHERE id = ?1");
    values::first(conn, "schedule", &sql, [schedule.as_bytes()], read)
}

pub(super) fn named(conn: &Connection, name: &str) -> Outcome<Option<ScheduleRecord>> {
    values::first(conn, "schedule", &named_sql(), [name], read)
}

pub(super) fn named_sql() -> String {
    format!("SELECT {COLUMNS} FROM schedule WHERE name = ?1")
}

pub(super) fn list(conn: &Connection, filter: &ScheduleFilter) -> Outcome<Vec<ScheduleRecord>> {
    let (sql, given) = list_sql(filter);
    values::all(conn, "schedule", &sql, params_from_iter(given), read)
}

/// The query for a list, and the values of its parameters. Of two conditions the pipeline is looked up; a plus says to SQLite that the
/// other is only compared.
pub(super) fn list_sql(filter: &ScheduleFilter) -> (String, Vec<SqlValue>) {
    let mut sql = format!("SELECT {COLUMNS} FROM schedule WHERE true");
    let mut given: Vec<SqlValue> = Vec::new();
    let mut plus = "";
    if let Some(pipeline) = &filter.pipeline {
        sql.push_str(" AND pipeline = ?");
        given.push(pipeline.clone().into());
        plus = "+";
    }
    if let Some(state) = filter.state {
        sql.push_str(&format!(" AND {plus}state = ?"));
        given.push(state.as_str().to_owned().into());
    }
    if let Some(after) = &filter.after {
        sql.push_str(" AND name > ?");
        given.push(after.clone().into());
    }
    sql.push_str(" ORDER BY name LIMIT ?");
    given.push(filter.limit.map_or(-1, i64::from).into());
    (sql, given)
}

pub(super) fn changed_sql() -> String {
    format!("SELECT {COLUMNS} FROM schedule WHERE revision > ?1 ORDER BY revision")
}

/// Those of which something was written since, what was written last at the end.
pub(super) fn changed(conn: &Connection, since: i64) -> Outcome<Vec<ScheduleRecord>> {
    values::all(conn, "schedule", &changed_sql(), [since], read)
}

pub(super) const DELETED: &str =
    "SELECT revision, id FROM deleted_schedule WHERE revision > ?1 ORDER BY revision";

/// Those that were deleted since, the last one at the end.
pub(super) fn deleted(conn: &Connection, since: i64) -> Outcome<Vec<Uuid>> {
    values::all(conn, "deleted schedule", DELETED, [since], |row| {
        row.unsigned()?;
        row.uuid()
    })
}

fn read(row: &mut Columns<'_, '_>) -> Outcome<ScheduleRecord> {
    Ok(ScheduleRecord {
        id: row.uuid()?,
        name: row.get()?,
        revision: row.unsigned()?,
        pipeline: row.get()?,
        pipeline_path: row.get()?,
        timing: row.json()?,
        options: row.json()?,
        arguments: row.json()?,
        arguments_encoded: row.get()?,
        stack: row.get()?,
        artifacts: row.get()?,
        program: ProgramRecord {
            path: row.get()?,
            digest: row.opt_digest()?,
        },
        state: row.parsed()?,
        reason: row.get()?,
        cursor: row.time()?,
        reached: row.time()?,
        fired: row.unsigned()?,
        failures: row.get()?,
        created: row.time()?,
        updated: row.time()?,
    })
}
