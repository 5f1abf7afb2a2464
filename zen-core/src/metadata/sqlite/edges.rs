//! Which artifacts a step read and made.

use rusqlite::{Connection, params};

use super::fault::{Fault, Outcome, is_missing_reference};
use super::known::Known;
use super::values::unsigned;
use crate::metadata::Edge;

const RECORD: &str =
    "INSERT INTO edge (step, output, position, name, artifact, element) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (step, output, position) DO UPDATE SET name = ?4, artifact = ?5, element = ?6
    WHERE name != ?4 OR artifact != ?5 OR element IS NOT ?6";

/// Records the edges of a step, and leaves alone those that are recorded already.
pub(super) fn record(known: &mut Known<'_>, step: i64, output: bool, edges: &[Edge]) -> Outcome<()> {
    if edges.is_empty() {
        return Ok(());
    }
    let insert = known.statement(RECORD)?;
    for (position, edge) in (0_i64..).zip(edges) {
        let element = edge.element.map(unsigned);
        let inserted = insert.execute(params![
            step,
            output,
            position,
            edge.name,
            edge.artifact.as_bytes(),
            element
        ]);
        inserted.map_err(|error| unknown(edge, error))?;
    }
    Ok(())
}

/// Removes the edges beyond the first so many.
pub(super) fn truncate(conn: &Connection, step: i64, inputs: usize, outputs: usize) -> Outcome<()> {
    conn.prepare_cached(
        "DELETE FROM edge WHERE step = ?1 AND position >= CASE output WHEN 0 THEN ?2 ELSE ?3 END",
    )?
    .execute(params![step, unsigned(inputs as u64), unsigned(outputs as u64)])?;
    Ok(())
}

fn unknown(edge: &Edge, error: rusqlite::Error) -> Fault {
    if is_missing_reference(&error) {
        Fault::Missing {
            kind: "artifact",
            id: edge.artifact,
        }
    } else {
        Fault::Sql(error)
    }
}
