//! Writing a list of changes.

use rusqlite::Connection;
use uuid::Uuid;

use super::fault::Outcome;
use super::{artifacts, objects, observations, runs, steps};
use crate::metadata::Change;

/// What one transaction has looked up already.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// A run and its pipeline: the steps of a transaction are nearly always of one run.
    pub(super) run: Option<(Uuid, i64)>,
}

/// Applies the changes in order. The caller holds a transaction and abandons it when this fails.
pub(super) fn all(conn: &Connection, changes: &[Change]) -> Outcome<()> {
    let mut known = Known::default();
    for change in changes {
        match change {
            Change::RunStarted { run, graph } => runs::start(conn, run, graph)?,
            Change::RunProgram { run, program } => runs::set_program(conn, *run, program)?,
            Change::RunEnded {
                run,
                status,
                error,
                ended,
            } => {
                runs::end(conn, *run, *status, error.as_deref(), *ended)?;
            }
            Change::RunDied { run, error, noticed } => runs::die(conn, *run, error, *noticed)?,
            Change::Step(step) => steps::record(conn, &mut known, step)?,
            Change::Artifact(artifact) => artifacts::record(conn, artifact)?,
            Change::Object { digest, bytes } => objects::add(conn, *digest, bytes)?,
            Change::ReplaceObject { digest, bytes } => objects::replace(conn, *digest, bytes)?,
            Change::Metric(metric) => observations::add_metric(conn, metric)?,
            Change::Log(line) => observations::add_log(conn, line)?,
        }
    }
    Ok(())
}
