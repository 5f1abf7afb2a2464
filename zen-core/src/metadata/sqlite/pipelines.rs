//! Pipelines and the graphs they have had.

use rusqlite::{Connection, params};
use serde_json::Value;

use super::fault::{Fault, Outcome};
use super::values;
use crate::metadata::{PipelineRecord, PipelineVersionRecord, RunRecord};

/// Where a new run belongs.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) pipeline: i64,
    pub(super) version: u32,
}

/// Counts a new run, and records its pipeline and its graph when they are new.
pub(super) fn count_run(conn: &Connection, run: &RunRecord, graph: Option<&Value>) -> Outcome<Place> {
    let started = run.started.timestamp_micros();
    let hash = run.graph_hash.as_bytes();
    let (pipeline, versions): (i64, u32) = conn
        .prepare_cached(
            "INSERT INTO pipeline (name, created, versions, runs) VALUES (?1, ?2, 0, 1)
             ON CONFLICT (name) DO UPDATE SET runs = runs + 1 RETURNING no, versions",
        )?
        .query_row(params![run.pipeline, started], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let known = values::first(
        conn,
        "pipeline version",
        "SELECT number FROM pipeline_version WHERE pipeline = ?1 AND graph_hash = ?2",
        params![pipeline, hash],
        |row| row.get(),
    )?;
    if let Some(version) = known {
        return Ok(Place { pipeline, version });
    }
    let graph = graph.ok_or_else(|| Fault::UnknownGraph {
        pipeline: run.pipeline.clone(),
        graph: run.graph_hash,
    })?;
    let version = versions + 1;
    conn.prepare_cached(
        "INSERT INTO pipeline_version (pipeline, number, graph_hash, graph, created) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![pipeline, version, hash, serde_json::to_string(graph)?, started])?;
    conn.prepare_cached("UPDATE pipeline SET versions = ?2 WHERE no = ?1")?
        .execute(params![pipeline, version])?;
    Ok(Place { pipeline, version })
}

pub(super) fn all(conn: &Connection) -> Outcome<Vec<PipelineRecord>> {
    let sql = "SELECT name, created, versions, runs FROM pipeline ORDER BY name";
    values::all(conn, "pipeline", sql, [], |row| {
        Ok(PipelineRecord {
            name: row.get()?,
            created: row.time()?,
            versions: row.get()?,
            runs: row.unsigned()?,
        })
    })
}

pub(super) fn versions(conn: &Connection, pipeline: &str) -> Outcome<Vec<PipelineVersionRecord>> {
    let sql = "SELECT number, graph_hash, graph, created FROM pipeline_version
               WHERE pipeline = (SELECT no FROM pipeline WHERE name = ?1) ORDER BY number";
    values::all(conn, "pipeline version", sql, [pipeline], |row| {
        Ok(PipelineVersionRecord {
            pipeline: pipeline.to_owned(),
            number: row.get()?,
            graph_hash: row.digest()?,
            graph: row.json()?,
            created: row.time()?,
        })
    })
}
