//! The step whose outputs may be adopted for a cache key.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::artifacts;
use super::fault::Outcome;
use super::values::{self, Snapshot};
use crate::artifact::Digest;
use crate::metadata::{CachedOutput, CachedStep};

/// A mark hides a step when its prune is sealed: those of a prune that was killed before count for nothing.
pub(super) const STEP: &str = "SELECT id, no, run FROM step
    WHERE substr(cache_key, 1, 8) = substr(?1, 1, 8) AND cache_key = ?1
    AND status = 'completed' AND (expires IS NULL OR expires > ?2)
    AND (?3 IS NULL OR run <> ?3)
    AND NOT EXISTS (SELECT 1 FROM condemned_run AS c CROSS JOIN prune ON prune.no = c.prune
        WHERE c.id = step.run AND prune.sealed = 1) ORDER BY step.no DESC LIMIT 1";

pub(super) fn outputs_sql() -> String {
    let columns = artifacts::COLUMNS;
    format!(
        "SELECT {columns}, edge.name AS output, object.bytes
         FROM edge CROSS JOIN artifact ON artifact.id = edge.artifact
         LEFT JOIN object ON substr(object.digest, 1, 8) = substr(artifact.digest, 1, 8)
             AND object.digest = artifact.digest AND artifact.uri IS NULL
         WHERE edge.step = ?1 AND edge.output = 1 ORDER BY edge.position"
    )
}

/// The step, and then its outputs with their bytes.
pub(super) fn find(
    conn: &Connection,
    key: Digest,
    now: DateTime<Utc>,
    not_of: Option<Uuid>,
) -> Outcome<Option<CachedStep>> {
    // So that both queries see the same moment.
    let snapshot = Snapshot::begin(conn)?;
    let parameters = params![
        key.as_bytes(),
        now.timestamp_micros(),
        not_of.as_ref().map(Uuid::as_bytes)
    ];
    let found = values::first(conn, "step", STEP, parameters, |row| {
        Ok((row.uuid()?, row.get::<i64>()?, row.uuid()?))
    })?;
    let Some((step, no, run)) = found else {
        return Ok(None);
    };
    let outputs = values::all(conn, "artifact", &outputs_sql(), [no], |row| {
        Ok(CachedOutput {
            artifact: artifacts::read(row)?,
            name: row.get()?,
            inline: row.get()?,
        })
    })?;
    drop(snapshot);
    Ok(Some(CachedStep { step, run, outputs }))
}
