//! Writing a list of changes.

use rusqlite::Connection;

use super::fault::Outcome;
use super::known::Known;
use super::prune::needs::{self, Needs};
use super::revisions::Revisions;
use super::{
    artifacts, cancel_requests, hooks, leases, objects, observations, runs, schedulers, schedules,
    service_versions, services, slots, steps, trackings,
};
use crate::metadata::Change;

/// What is being done, in an error.
pub(super) const DOING: &str = "recording changes";

/// Applies the changes in order. The caller holds a transaction and abandons it when this fails.
pub(super) fn all(conn: &Connection, changes: &[Change]) -> Outcome<()> {
    let mut known = Known::new(conn);
    let mut revisions = Revisions::default();
    // Before anything else: who has been overtaken is told so, and not what became of a slot that somebody else has recorded meanwhile.
    for change in changes {
        if let Change::Schedule(schedule) = change {
            schedules::check_revision(conn, schedule)?;
        }
    }
    for change in changes {
        match change {
            Change::RunStarted { run, graph } => {
                runs::start(conn, run, graph.as_ref())?;
                if let Some(slot) = &run.slot {
                    slots::set_run(conn, &mut revisions, slot.slot, run.id)?;
                }
            }
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
            Change::CancelRequested { run, by, at } => cancel_requests::record(conn, *run, by, *at)?,
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
            Change::Schedule(schedule) => {
                schedules::record(conn, &mut revisions, schedule)?;
                needs::spare(&mut known, &Needs::of_schedule(schedule))?;
            }
            Change::ScheduleDeleted { schedule } => schedules::delete(conn, &mut revisions, *schedule)?,
            Change::Slot(slot) => {
                slots::record(conn, &mut revisions, slot)?;
                needs::spare(&mut known, &Needs::of_slot(slot))?;
                needs::spare_slot(&mut known, slot.id)?;
            }
            Change::SlotWithdrawn { slot } => slots::withdraw(conn, &mut revisions, *slot)?,
            Change::SlotFenced { slot, token } => slots::fence(conn, *slot, *token)?,
            Change::Scheduler(scheduler) => schedulers::record(conn, scheduler)?,
            Change::SchedulerEnded { scheduler } => schedulers::end(conn, *scheduler)?,
            Change::Hook(hook) => hooks::record(conn, hook)?,
            Change::Tracking(tracking) => trackings::record(conn, tracking)?,
            Change::Fenced { key, token } => leases::fence(conn, key, *token)?,
        }
    }
    revisions.record(conn)
}
