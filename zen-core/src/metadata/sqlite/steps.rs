//! Recording a step.

use rusqlite::{Connection, ToSql, params};
use uuid::Uuid;

use super::fault::{Fault, Outcome};
use super::known::Known;
use super::values::{self, digest_bytes, json, micros, uuid_bytes};
use super::{edges, runs};
use crate::metadata::StepRecord;

const INSERT: &str =
    "INSERT INTO step (id, step, node, status, attempt, cache_key, key_fields, cache_note, source_step, \
     source_run, expires, parameters, started, ended, error, metadata, run, pipeline, name)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
     ON CONFLICT (id) DO NOTHING";

/// Leaves alone what identifies the step, and so the indexes over it.
const UPDATE: &str = "UPDATE step SET step = ?2, node = ?3, status = ?4, attempt = ?5, cache_key = ?6, key_fields = ?7, \
     cache_note = ?8, source_step = ?9, source_run = ?10, expires = ?11, parameters = ?12, started = ?13, ended = ?14, \
     error = ?15, metadata = ?16 WHERE id = ?1";

/// Inserts the step or replaces it, keeping its place in the order of recording. Nearly every step is written once, when it has ended,
/// so that it is inserted first and looked for only when that fails.
pub(super) fn record(known: &mut Known<'_>, step: &StepRecord) -> Outcome<()> {
    let conn = known.conn;
    let pipeline = pipeline_of(known, step.run)?;
    let no = match write(
        known,
        INSERT,
        step,
        &[&step.run.as_bytes(), &pipeline, &step.name],
    )? {
        0 => {
            let (no, same) = earlier(conn, step)?;
            if !same {
                conn.prepare_cached("UPDATE step SET run = ?2, pipeline = ?3, name = ?4 WHERE no = ?1")?
                    .execute(params![no, step.run.as_bytes(), pipeline, step.name])?;
            }
            write(known, UPDATE, step, &[])?;
            edges::truncate(conn, no, step.inputs.len(), step.outputs.len())?;
            no
        }
        _ => conn.last_insert_rowid(),
    };
    edges::record(known, no, false, &step.inputs)?;
    edges::record(known, no, true, &step.outputs)
}

/// The place of a step that was recorded before, and whether it was the same step of the same run.
fn earlier(conn: &Connection, step: &StepRecord) -> Outcome<(i64, bool)> {
    let found = values::first(
        conn,
        "step",
        "SELECT id, no, run = ?2 AND name = ?3 FROM step WHERE id = ?1",
        params![step.id.as_bytes(), step.run.as_bytes(), step.name],
        |row| {
            row.uuid()?;
            Ok((row.get::<i64>()?, row.get::<bool>()?))
        },
    )?;
    found.ok_or(Fault::Missing {
        kind: "step",
        id: step.id,
    })
}

fn write(known: &mut Known<'_>, sql: &'static str, step: &StepRecord, more: &[&dyn ToSql]) -> Outcome<usize> {
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
    let statement = known.statement(sql)?;
    Ok(statement.execute(rusqlite::params_from_iter(shared.iter().chain(more)))?)
}

fn pipeline_of(known: &mut Known<'_>, run: Uuid) -> Outcome<i64> {
    match known.run {
        Some((id, pipeline)) if id == run => Ok(pipeline),
        _ => {
            let pipeline = runs::pipeline_of(known.conn, run)?;
            known.run = Some((run, pipeline));
            Ok(pipeline)
        }
    }
}
