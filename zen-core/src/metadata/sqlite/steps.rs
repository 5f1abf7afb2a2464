//! Recording a step.

use rusqlite::{Connection, ToSql, params};
use uuid::Uuid;

use super::apply::Known;
use super::fault::Outcome;
use super::values::{self, digest_bytes, json, micros, uuid_bytes};
use super::{edges, runs};
use crate::metadata::StepRecord;

const INSERT: &str =
    "INSERT INTO step (id, step, node, status, attempt, cache_key, key_fields, cache_note, source_step, \
     source_run, expires, parameters, started, ended, error, metadata, run, pipeline, name)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";

/// Leaves alone what identifies the step, and so the indexes over it.
const UPDATE: &str = "UPDATE step SET step = ?2, node = ?3, status = ?4, attempt = ?5, cache_key = ?6, key_fields = ?7, \
     cache_note = ?8, source_step = ?9, source_run = ?10, expires = ?11, parameters = ?12, started = ?13, ended = ?14, \
     error = ?15, metadata = ?16 WHERE id = ?1";

/// Inserts the step or replaces it, keeping its place in the order of recording.
pub(super) fn record(conn: &Connection, known: &mut Known, step: &StepRecord) -> Outcome<()> {
    let earlier = values::first(
        conn,
        "step",
        "SELECT id, no, run = ?2 AND name = ?3 FROM step WHERE id = ?1",
        params![step.id.as_bytes(), step.run.as_bytes(), step.name],
        |row| {
            row.uuid()?;
            Ok((row.get::<i64>()?, row.get::<bool>()?))
        },
    )?;
    let no = match earlier {
        None => {
            let pipeline = pipeline_of(conn, known, step.run)?;
            write(conn, INSERT, step, &[&step.run.as_bytes(), &pipeline, &step.name])?;
            conn.last_insert_rowid()
        }
        Some((no, same)) => {
            if !same {
                let pipeline = pipeline_of(conn, known, step.run)?;
                conn.prepare_cached("UPDATE step SET run = ?2, pipeline = ?3, name = ?4 WHERE no = ?1")?
                    .execute(params![no, step.run.as_bytes(), pipeline, step.name])?;
            }
            write(conn, UPDATE, step, &[])?;
            edges::truncate(conn, no, step.inputs.len(), step.outputs.len())?;
            no
        }
    };
    edges::record(conn, no, false, &step.inputs)?;
    edges::record(conn, no, true, &step.outputs)
}

fn write(conn: &Connection, sql: &str, step: &StepRecord, more: &[&dyn ToSql]) -> Outcome<()> {
    let shared: [&dyn ToSql; 16] = [
        &step.id.as_bytes(),
        &step.step,
        &step.node,
        &step.status.as_str(),
        &step.attempt,
        &digest_bytes(&step.cache_key),
        &json(&step.key_fields)?,
        &step.cache_note,
        &uuid_bytes(&step.source_step),
        &uuid_bytes(&step.source_run),
        &micros(step.expires),
        &json(&step.parameters)?,
        &micros(step.started),
        &micros(step.ended),
        &step.error,
        &json(&step.metadata)?,
    ];
    let mut statement = conn.prepare_cached(sql)?;
    statement.execute(rusqlite::params_from_iter(shared.iter().chain(more)))?;
    Ok(())
}

fn pipeline_of(conn: &Connection, known: &mut Known, run: Uuid) -> Outcome<i64> {
    match known.run {
        Some((id, pipeline)) if id == run => Ok(pipeline),
        _ => {
            let pipeline = runs::pipeline_of(conn, run)?;
            known.run = Some((run, pipeline));
            Ok(pipeline)
        }
    }
}
