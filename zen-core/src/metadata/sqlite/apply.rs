//! Writing a list of changes.

use rusqlite::{CachedStatement, Connection};
use uuid::Uuid;

use super::fault::Outcome;
use super::prune::needs::{self, Needs};
use super::{artifacts, leases, objects, observations, runs, service_versions, services, steps};
use crate::metadata::Change;

/// What one transaction has looked up already.
pub(super) struct Known<'conn> {
    pub(super) conn: &'conn Connection,
    /// A run and its pipeline: the steps of a transaction are nearly always of one run.
    pub(super) run: Option<(Uuid, i64)>,
    /// The connection finds a statement by hashing its text, and puts it back after every use: that is a good part of what inserting
    /// a row costs. A transaction uses few statements and each many times.
    statements: Vec<(&'static str, CachedStatement<'conn>)>,
    /// Whether anything is condemned.
    pruning: Option<bool>,
}

impl<'conn> Known<'conn> {
    pub(super) fn new(conn: &'conn Connection) -> Self {
        Self {
            conn,
            run: None,
            statements: Vec::new(),
            pruning: None,
        }
    }

    /// Whether anything is condemned, so that what is written may have to be spared. Asked once: nobody else writes now.
    pub(super) fn pruning(&mut self) -> rusqlite::Result<bool> {
        if let Some(pruning) = self.pruning {
            return Ok(pruning);
        }
        let pruning = self.statement("SELECT 1 FROM prune LIMIT 1")?.exists([])?;
        self.pruning = Some(pruning);
        Ok(pruning)
    }

    /// The statement with this text, which must be a constant: it is known by its place.
    pub(super) fn statement(&mut self, sql: &'static str) -> rusqlite::Result<&mut CachedStatement<'conn>> {
        let place = match self
            .statements
            .iter()
            .position(|(known, _)| std::ptr::eq(*known, sql))
        {
            Some(place) => place,
            None => {
                self.statements.push((sql, self.conn.prepare_cached(sql)?));
                self.statements.len() - 1
            }
        };
        Ok(&mut self.statements[place].1)
    }
}

/// Applies the changes in order. The caller holds a transaction and abandons it when this fails.
pub(super) fn all(conn: &Connection, changes: &[Change]) -> Outcome<()> {
    let mut known = Known::new(conn);
    for change in changes {
        match change {
            Change::RunStarted { run, graph } => runs::start(conn, run, graph.as_ref())?,
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
            Change::Step(step) => steps::record(&mut known, step)?,
            Change::Artifact(artifact) => {
                artifacts::record(&mut known, artifact)?;
                needs::spare_content(&mut known, artifact.digest)?;
            }
            Change::Object { digest, bytes } => objects::add(&mut known, *digest, bytes)?,
            Change::ReplaceObject { digest, bytes } => objects::replace(&mut known, *digest, bytes)?,
            Change::Metric(metric) => observations::add_metric(conn, metric)?,
            Change::Log(line) => observations::add_log(conn, line)?,
            Change::Service(service) => {
                services::record(conn, service)?;
                needs::spare(&mut known, &Needs::of_service(service))?;
            }
            Change::ServiceObserved {
                service,
                version,
                status,
            } => services::observe(conn, *service, *version, status)?,
            Change::ServiceVersion(version) => {
                service_versions::record(conn, version)?;
                needs::spare(&mut known, &Needs::of_version(version))?;
            }
            Change::ServiceVersionsPruned { service, from } => {
                service_versions::prune(conn, *service, *from)?
            }
            Change::ServiceDeleted { service } => services::delete(conn, *service)?,
            Change::Fenced { key, token } => leases::fence(conn, key, *token)?,
        }
    }
    Ok(())
}
