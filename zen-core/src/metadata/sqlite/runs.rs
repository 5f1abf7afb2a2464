//! Runs: their beginning, their end, and lists of them.

use chrono::{DateTime, Utc};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params, params_from_iter};
use serde_json::Value;
use uuid::Uuid;

use super::fault::{Fault, Outcome};
use super::pipelines;
use super::prune::needs::check_resumed;
use super::values::{self, Columns, digest_bytes, json, uuid_bytes};
use crate::metadata::{ProgramRecord, RunFilter, RunRecord, RunSlot, Status};

const COLUMNS: &str = "id, (SELECT name FROM pipeline WHERE no = run.pipeline) AS pipeline, pipeline_version, \
     pipeline_path, graph_hash, name, status, arguments, arguments_encoded, started, ended, process, pid, host, user, \
     git_commit, zen_version, program_path, program_digest, resumed_from, schedule, schedule_name, slot, slot_due, error, died, tags";

pub(super) fn start(conn: &Connection, run: &RunRecord, graph: Option<&Value>) -> Outcome<()> {
    if let Some(resumed) = run.resumed_from {
        check_resumed(conn, resumed)?;
    }
    let place = pipelines::count_run(conn, run, graph)?;
    let (program, slot) = (run.program.as_ref(), run.slot.as_ref());
    conn.prepare_cached(
        "INSERT INTO run (id, pipeline, pipeline_version, pipeline_path, graph_hash, name, status, arguments, \
         arguments_encoded, started, ended, process, pid, host, user, git_commit, zen_version, program_path, \
         program_digest, resumed_from, error, tags, schedule, schedule_name, slot, slot_due, died)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, \
         ?23, ?24, ?25, ?26, ?27)",
    )?
    .execute(params![
        run.id.as_bytes(),
        place.pipeline,
        place.version,
        run.pipeline_path,
        run.graph_hash.as_bytes(),
        run.name,
        run.status.as_str(),
        json(&run.arguments)?,
        run.arguments_encoded,
        run.started.timestamp_micros(),
        values::micros(run.ended),
        uuid_bytes(&run.process),
        run.pid,
        run.host,
        run.user,
        run.git_commit,
        run.zen_version,
        program.map(|program| &program.path),
        program.and_then(|program| program.digest.as_ref()).map(|digest| &digest.as_bytes()[..]),
        uuid_bytes(&run.resumed_from),
        run.error,
        json(&run.tags)?,
        slot.map(|slot| slot.schedule.as_bytes()),
        slot.map(|slot| &slot.name),
        slot.map(|slot| slot.slot.as_bytes()),
        slot.map(|slot| slot.due.timestamp_micros()),
        run.died,
    ])?;
    Ok(())
}

pub(super) fn set_program(conn: &Connection, run: Uuid, program: &ProgramRecord) -> Outcome<()> {
    let changed = conn
        .prepare_cached("UPDATE run SET program_path = ?2, program_digest = ?3 WHERE id = ?1")?
        .execute(params![
            run.as_bytes(),
            program.path,
            digest_bytes(&program.digest)
        ])?;
    if changed == 0 { Err(missing(run)) } else { Ok(()) }
}

/// Does nothing when the run has ended already.
pub(super) fn end(
    conn: &Connection,
    run: Uuid,
    status: Status,
    error: Option<&str>,
    ended: DateTime<Utc>,
) -> Outcome<()> {
    end_if_open(conn, run, status, error, ended).map(|_| ())
}

pub(super) fn die(conn: &Connection, run: Uuid, error: &str, noticed: DateTime<Utc>) -> Outcome<()> {
    if end_if_open(conn, run, Status::Failed, Some(error), noticed)? {
        conn.prepare_cached("UPDATE run SET died = 1 WHERE id = ?1")?
            .execute([run.as_bytes()])?;
        conn.prepare_cached(
            "UPDATE step SET status = 'failed', error = ?2, ended = ?3
             WHERE run = ?1 AND status IN ('running', 'queued', 'retrying')",
        )?
        .execute(params![run.as_bytes(), error, noticed.timestamp_micros()])?;
    }
    Ok(())
}

fn end_if_open(
    conn: &Connection,
    run: Uuid,
    status: Status,
    error: Option<&str>,
    ended: DateTime<Utc>,
) -> Outcome<bool> {
    let current = values::first(
        conn,
        "run",
        "SELECT id, status FROM run WHERE id = ?1",
        [run.as_bytes()],
        |row| {
            row.uuid()?;
            row.status()
        },
    )?;
    if current.ok_or_else(|| missing(run))?.is_final() {
        return Ok(false);
    }
    conn.prepare_cached("UPDATE run SET status = ?2, error = ?3, ended = ?4 WHERE id = ?1")?
        .execute(params![
            run.as_bytes(),
            status.as_str(),
            error,
            ended.timestamp_micros()
        ])?;
    Ok(true)
}

/// The row number of a run's pipeline.
pub(super) fn pipeline_of(conn: &Connection, run: Uuid) -> Outcome<i64> {
    let sql = "SELECT pipeline FROM run WHERE id = ?1";
    values::first(conn, "run", sql, [run.as_bytes()], |row| row.get())?.ok_or_else(|| missing(run))
}

pub(super) fn one(conn: &Connection, run: Uuid) -> Outcome<Option<RunRecord>> {
    values::first(
        conn,
        "run",
        &format!("SELECT {COLUMNS} FROM run WHERE id = ?1"),
        [run.as_bytes()],
        read,
    )
}

pub(super) fn list(conn: &Connection, filter: &RunFilter) -> Outcome<Vec<RunRecord>> {
    let (sql, given) = list_sql(filter);
    values::all(conn, "run", &sql, params_from_iter(given), read)
}

/// The query for a list, and the values of its parameters.
pub(super) fn list_sql(filter: &RunFilter) -> (String, Vec<SqlValue>) {
    let mut sql = format!("SELECT {COLUMNS} FROM run WHERE true");
    let mut given: Vec<SqlValue> = Vec::new();
    let mut plus = "";
    if let Some(schedule) = filter.schedule {
        sql.push_str(" AND schedule = ?");
        given.push(schedule.as_bytes().to_vec().into());
        // The runs of a schedule are of its pipeline: it is compared and not looked up, which a plus says to SQLite.
        plus = "+";
    }
    if let Some(pipeline) = &filter.pipeline {
        sql.push_str(&format!(
            " AND {plus}pipeline = (SELECT no FROM pipeline WHERE name = ?)"
        ));
        given.push(pipeline.clone().into());
    }
    if let Some(status) = filter.status {
        sql.push_str(" AND status = ?");
        given.push(status.as_str().to_owned().into());
    }
    if let Some(name) = &filter.name {
        sql.push_str(" AND run.name = ?");
        given.push(name.clone().into());
    }
    if let Some(before) = filter.before {
        sql.push_str(" AND id < ?");
        given.push(before.as_bytes().to_vec().into());
    }
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    given.push(filter.limit.map_or(-1, i64::from).into());
    (sql, given)
}

fn read(row: &mut Columns<'_, '_>) -> Outcome<RunRecord> {
    Ok(RunRecord {
        id: row.uuid()?,
        pipeline: row.get()?,
        pipeline_version: row.get()?,
        pipeline_path: row.get()?,
        graph_hash: row.digest()?,
        name: row.get()?,
        status: row.status()?,
        arguments: row.json()?,
        arguments_encoded: row.get()?,
        started: row.time()?,
        ended: row.opt_time()?,
        process: row.opt_uuid()?,
        pid: row.get()?,
        host: row.get()?,
        user: row.get()?,
        git_commit: row.get()?,
        zen_version: row.get()?,
        program: program(row.get()?, row.opt_digest()?),
        resumed_from: row.opt_uuid()?,
        slot: slot(row)?,
        error: row.get()?,
        died: row.get()?,
        tags: row.json()?,
    })
}

fn slot(row: &mut Columns<'_, '_>) -> Outcome<Option<RunSlot>> {
    let Some(schedule) = row.opt_uuid()? else {
        row.skip(3);
        return Ok(None);
    };
    Ok(Some(RunSlot {
        schedule,
        name: row.get()?,
        slot: row.uuid()?,
        due: row.time()?,
    }))
}

fn program(path: Option<String>, digest: Option<crate::artifact::Digest>) -> Option<ProgramRecord> {
    path.map(|path| ProgramRecord { path, digest })
}

fn missing(run: Uuid) -> Fault {
    Fault::Missing { kind: "run", id: run }
}
