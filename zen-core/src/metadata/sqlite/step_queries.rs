//! Finding steps.

use std::collections::HashMap;

use rusqlite::types::ToSql;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fault::Outcome;
use super::values::{self, Columns};
use crate::metadata::{Edge, StepRecord};

const COLUMNS: &str = "id, no, run, name, step, node, status, attempt, cache_key, key_fields, cache_note, \
     source_step, source_run, expires, parameters, started, ended, error, metadata";

const ONE: &str = "id = ?1";
const OF_RUN: &str = "run = ?1";
const NAMED: &str = "pipeline = (SELECT pipeline FROM run WHERE id = ?1) AND name = ?2 AND run = ?1";
const BEFORE: &str = "no = (SELECT no FROM step WHERE pipeline = (SELECT no FROM pipeline WHERE name = ?1)
     AND name = ?2 AND run < ?3 ORDER BY run DESC LIMIT 1)";
const CONSUMERS: &str = "no IN (SELECT step FROM edge WHERE artifact = ?1 AND output = 0)";

pub(super) fn one(conn: &Connection, step: Uuid) -> Outcome<Option<StepRecord>> {
    Ok(select(conn, ONE, params![step.as_bytes()])?.pop())
}

pub(super) fn of_run(conn: &Connection, run: Uuid) -> Outcome<Vec<StepRecord>> {
    select(conn, OF_RUN, params![run.as_bytes()])
}

pub(super) fn named(conn: &Connection, run: Uuid, name: &str) -> Outcome<Option<StepRecord>> {
    Ok(select(conn, NAMED, params![run.as_bytes(), name])?.pop())
}

pub(super) fn before(
    conn: &Connection,
    pipeline: &str,
    name: &str,
    run: Uuid,
) -> Outcome<Option<StepRecord>> {
    Ok(select(conn, BEFORE, params![pipeline, name, run.as_bytes()])?.pop())
}

/// Few enough to be sorted here: by id, which is by age.
pub(super) fn consumers(conn: &Connection, artifact: Uuid) -> Outcome<Vec<StepRecord>> {
    let mut steps = select(conn, CONSUMERS, params![artifact.as_bytes()])?;
    steps.sort_by_key(|step| step.id);
    Ok(steps)
}

fn steps_sql(which: &str) -> String {
    format!("SELECT {COLUMNS} FROM step WHERE {which} ORDER BY no")
}

fn edges_sql(which: &str) -> String {
    format!(
        "SELECT step, output, name, artifact, element FROM edge
         WHERE step IN (SELECT no FROM step WHERE {which}) ORDER BY step, output, position"
    )
}

/// All queries, each with the index it must use.
#[cfg(test)]
pub(super) fn all_sql() -> impl Iterator<Item = (String, &'static str)> {
    [
        (ONE, "sqlite_autoindex_step_1"),
        (OF_RUN, "step_by_run"),
        (NAMED, "step_by_name (pipeline=? AND name=? AND run=?)"),
        (BEFORE, "step_by_name (pipeline=? AND name=? AND run<?)"),
        (CONSUMERS, "edge_by_artifact"),
    ]
    .into_iter()
    .flat_map(|(which, index)| [(steps_sql(which), index), (edges_sql(which), index)])
}

/// The steps a condition holds for, and then all their edges: two queries, however many steps there are.
fn select(conn: &Connection, which: &str, params: &[&dyn ToSql]) -> Outcome<Vec<StepRecord>> {
    // So that both queries see the same moment.
    let transaction = conn.unchecked_transaction()?;
    let mut places = HashMap::new();
    let mut steps = values::all(&transaction, "step", &steps_sql(which), params, |row| {
        let (no, step) = read(row)?;
        places.insert(no, places.len());
        Ok(step)
    })?;
    if steps.is_empty() {
        return Ok(steps);
    }
    values::all(&transaction, "edge of step", &edges_sql(which), params, |row| {
        let (step, output) = (row.get::<i64>()?, row.get::<bool>()?);
        let edge = Edge {
            name: row.get()?,
            artifact: row.uuid()?,
            element: row.opt_unsigned()?,
        };
        if let Some(step) = places.get(&step).and_then(|place| steps.get_mut(*place)) {
            let edges = if output {
                &mut step.outputs
            } else {
                &mut step.inputs
            };
            edges.push(edge);
        }
        Ok(())
    })?;
    Ok(steps)
}

fn read(row: &mut Columns<'_, '_>) -> Outcome<(i64, StepRecord)> {
    let (id, no) = (row.uuid()?, row.get()?);
    let step = StepRecord {
        id,
        run: row.uuid()?,
        name: row.get()?,
        step: row.get()?,
        node: row.get()?,
        status: row.status()?,
        attempt: row.get()?,
        cache_key: row.opt_digest()?,
        key_fields: row.json()?,
        cache_note: row.get()?,
        source_step: row.opt_uuid()?,
        source_run: row.opt_uuid()?,
        expires: row.opt_time()?,
        parameters: row.json()?,
        started: row.opt_time()?,
        ended: row.opt_time()?,
        error: row.get()?,
        metadata: row.json()?,
        inputs: Vec::new(),
        outputs: Vec::new(),
    };
    Ok((no, step))
}
