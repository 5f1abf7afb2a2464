//! What tables other than those of runs need of runs and artifacts. **A new table that refers to runs, artifacts or objects is added here**:
//! to [`all`], which a prune asks, and by a call of [`spare`] where its rows are written.

use std::collections::HashMap;

use rusqlite::Connection;
use uuid::Uuid;

use super::super::fault::{Fault, Outcome};
use super::super::known::Known;
use super::super::values;
use crate::artifact::Digest;
use crate::metadata::upkeep::digests_in;
use crate::metadata::{KeepReason, ScheduleRecord, ServiceRecord, ServiceVersionRecord, SlotRecord};

/// The runs of the slots that aren't settled.
pub(super) const SLOTS: &str =
    "SELECT id, run FROM slot WHERE state IN ('queued', 'claimed') AND run IS NOT NULL";

/// Runs and contents that somebody needs, each with who does: the first that was found.
#[derive(Debug, Default)]
pub(in super::super) struct Needs {
    pub(super) runs: HashMap<Uuid, KeepReason>,
    pub(super) digests: HashMap<Digest, KeepReason>,
}

impl Needs {
    fn add(&mut self, by: KeepReason, run: Option<Uuid>, digest: Option<Digest>, naming: &[&[u8]]) {
        if let Some(run) = run {
            self.runs.entry(run).or_insert(by);
        }
        let named = naming.iter().flat_map(|bytes| digests_in(bytes));
        for digest in digest.into_iter().chain(named) {
            self.digests.entry(digest).or_insert(by);
        }
    }

    pub(in super::super) fn of_service(service: &ServiceRecord) -> Self {
        let mut needs = Self::default();
        let uri = service.model_uri.as_deref().unwrap_or_default();
        needs.add(
            KeepReason::Service,
            service.run,
            service.model_digest,
            &[uri.as_bytes(), service.config.to_string().as_bytes()],
        );
        needs
    }

    pub(in super::super) fn of_version(version: &ServiceVersionRecord) -> Self {
        let mut needs = Self::default();
        let uri = version.model_uri.as_deref().unwrap_or_default();
        needs.add(
            KeepReason::Service,
            version.run,
            version.model_digest,
            &[uri.as_bytes(), version.config.to_string().as_bytes()],
        );
        needs
    }

    /// Its arguments: large ones are an object that they name.
    pub(in super::super) fn of_schedule(schedule: &ScheduleRecord) -> Self {
        let mut needs = Self::default();
        needs.add(KeepReason::Schedule, None, None, &[&schedule.arguments_encoded]);
        needs
    }

    /// The run that is continued when the slot is fired again.
    pub(in super::super) fn of_slot(slot: &SlotRecord) -> Self {
        let mut needs = Self::default();
        let run = slot.run.filter(|_| !slot.state.is_settled());
        needs.add(KeepReason::Schedule, run, None, &[]);
        needs
    }
}

/// What all services and all their versions need: a version is what one can go back to, and a stopped service can be started again. And
/// what all schedules need, also those that are paused or have ended: they can be resumed.
pub(super) fn all(conn: &Connection) -> Outcome<Needs> {
    let mut needs = Needs::default();
    for (table, sql) in [
        (
            "service",
            "SELECT id, run, model_digest, model_uri, config FROM service",
        ),
        (
            "version of service",
            "SELECT service, run, model_digest, model_uri, config FROM service_version",
        ),
    ] {
        values::all(conn, table, sql, [], |row| {
            row.uuid()?;
            let (run, digest) = (row.opt_uuid()?, row.opt_digest()?);
            let (uri, config): (Option<String>, Option<String>) = (row.get()?, row.get()?);
            needs.add(
                KeepReason::Service,
                run,
                digest,
                &[
                    uri.unwrap_or_default().as_bytes(),
                    config.unwrap_or_default().as_bytes(),
                ],
            );
            Ok(())
        })?;
    }
    let sql = "SELECT id, arguments_encoded FROM schedule";
    values::all(conn, "schedule", sql, [], |row| {
        row.uuid()?;
        needs.add(KeepReason::Schedule, None, None, &[&row.get::<Vec<u8>>()?]);
        Ok(())
    })?;
    values::all(conn, "slot", SLOTS, [], |row| {
        row.uuid()?;
        needs.add(KeepReason::Schedule, Some(row.uuid()?), None, &[]);
        Ok(())
    })?;
    Ok(needs)
}

/// Lifts the marks of what a row that is being written needs. Fails when an object of it is being deleted at this moment.
pub(in super::super) fn spare(known: &mut Known<'_>, needs: &Needs) -> Outcome<()> {
    if !known.pruning()? {
        return Ok(());
    }
    let conn = known.conn;
    for run in needs.runs.keys() {
        conn.prepare_cached("DELETE FROM condemned_run WHERE id = ?1")?
            .execute([run.as_bytes()])?;
    }
    for digest in needs.digests.keys() {
        spare_object(conn, *digest)?;
        // Goes through all that is marked: services are rarely written, and more rarely while something is.
        conn.prepare_cached(
            "DELETE FROM condemned_artifact WHERE id IN (SELECT artifact.id FROM condemned_artifact AS c
             JOIN artifact ON artifact.id = c.id WHERE artifact.digest = ?1)",
        )?
        .execute([digest.as_bytes()])?;
    }
    Ok(())
}

/// Lifts the mark of an object that something refers to from now on.
fn spare_object(conn: &Connection, digest: Digest) -> Outcome<()> {
    let deleted = conn
        .prepare_cached("SELECT 1 FROM condemned_object WHERE digest = ?1 AND deleter IS NOT NULL")?
        .exists([digest.as_bytes()])?;
    if deleted {
        return Err(Fault::Pruned {
            what: format!("the object {digest}"),
        });
    }
    conn.prepare_cached("DELETE FROM condemned_object WHERE digest = ?1")?
        .execute([digest.as_bytes()])?;
    Ok(())
}

/// Lifts the mark of a slot that is being written: it is not what it was.
pub(in super::super) fn spare_slot(known: &mut Known<'_>, slot: Uuid) -> Outcome<()> {
    if !known.pruning()? {
        return Ok(());
    }
    known
        .statement("DELETE FROM condemned_slot WHERE id = ?1")?
        .execute([slot.as_bytes()])?;
    Ok(())
}

/// Lifts the mark of the object of an artifact that is being recorded. One that is being deleted keeps it: whoever stores an object has made
/// sure before that this can't be.
pub(in super::super) fn spare_content(known: &mut Known<'_>, digest: Digest) -> Outcome<()> {
    if !known.pruning()? {
        return Ok(());
    }
    known
        .statement("DELETE FROM condemned_object WHERE digest = ?1 AND deleter IS NULL")?
        .execute([digest.as_bytes()])?;
    Ok(())
}

/// Refuses a run that continues one which is about to go.
pub(in super::super) fn check_resumed(conn: &Connection, run: Uuid) -> Outcome<()> {
    let going = conn
        .prepare_cached(
            "SELECT 1 FROM condemned_run AS c CROSS JOIN prune ON prune.no = c.prune WHERE c.id = ?1 AND prune.sealed = 1",
        )?
        .exists([run.as_bytes()])?;
    match going {
        true => Err(Fault::Pruned {
            what: format!("run {run}"),
        }),
        false => Ok(()),
    }
}
