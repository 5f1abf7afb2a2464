//! Ending a local service.

use std::time::Duration;

use super::{ending, folder, home, identity, program};
use crate::metadata::{
    Change, ProcessIdentity, ScheduleFilter, ServiceFilter, ServiceRecord, ServiceState, ServiceVersionRecord,
};
use crate::service::ServiceError;
use crate::service::backend::{At, Seen};
use crate::stack::Stack;

/// How many versions' orphans are looked for: each look reads the list of all processes.
const RECENT: usize = 5;

pub(super) fn stop(
    at: &At<'_>,
    record: &ServiceRecord,
    timeout: Duration,
    force: bool,
) -> Result<(), ServiceError> {
    let stack = at.stack;
    let versions = stack.metadata().service_versions(record.id)?;
    let processes = |alive: bool| {
        let processes = versions.iter().filter_map(|version| version.process.clone());
        processes
            .filter(|process| !alive || identity::is_alive(process))
            .collect::<Vec<_>>()
    };
    let elsewhere = versions
        .iter()
        .filter(|version| version.number == record.version && version.ended.is_none())
        .filter_map(|version| version.process.as_ref())
        .find(|process| process.host != crate::stack::host());
    if let Some(process) = elsewhere {
        return Err(ServiceError::Elsewhere {
            service: record.name.clone(),
            host: process.host.clone(),
        });
    }
    let running = processes(true);
    note(at, record, ServiceState::PendingShutdown)?;
    if !force {
        for process in &running {
            ending::terminate(process);
        }
        if timeout.is_zero() {
            return Ok(());
        }
    }
    let end = super::from_now(timeout);
    for process in &running {
        let left = match force {
            true => Duration::ZERO,
            false => end.saturating_duration_since(std::time::Instant::now()),
        };
        finish(record, process, left)?;
    }
    // What earlier versions left behind went with the updates since.
    for process in processes(false).iter().rev().take(RECENT) {
        ending::kill_orphans(process);
    }
    let now = stack.clock().now();
    for version in versions.into_iter().filter(|version| version.ended.is_none()) {
        let ended = ServiceVersionRecord {
            state: ServiceState::Inactive,
            ended: Some(now),
            ..version
        };
        at.lease
            .apply(&record.name, vec![Change::ServiceVersion(Box::new(ended))])?;
    }
    note(at, record, ServiceState::Inactive)
}

/// Waits for the end of a process, and brings it about when it takes too long.
fn finish(record: &ServiceRecord, process: &ProcessIdentity, patience: Duration) -> Result<(), ServiceError> {
    match ending::wait_for_end(process, patience) || ending::end(process) {
        true => Ok(()),
        false => Err(ServiceError::StopTimeout {
            service: record.name.clone(),
            pid: process.pid,
            timeout: patience.saturating_add(ending::KILLED),
        }),
    }
}

fn note(at: &At<'_>, record: &ServiceRecord, state: ServiceState) -> Result<(), ServiceError> {
    let Some(mut record) = at.stack.metadata().service(record.id)? else {
        return Ok(());
    };
    let now = at.stack.clock().now();
    record.desired = ServiceState::Inactive;
    record.updated = now;
    record.status = Seen::state(state).after(&record.status, now);
    let name = record.name.clone();
    at.lease.apply(&name, vec![Change::Service(Box::new(record))])
}

/// Removes the files of a stopped service.
pub(super) fn remove(at: &At<'_>, record: &ServiceRecord) -> Result<(), ServiceError> {
    let home = home(at.stack)?;
    let folder = folder(home, record.id);
    match std::fs::remove_dir_all(&folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(ServiceError::File {
                service: record.name.clone(),
                doing: "removing",
                path: folder,
                source,
            });
        }
        _ => {}
    }
    // Leaves no empty folder behind, and fails when others have something in it.
    let _ = std::fs::remove_dir(home.join("services"));
    Ok(())
}

/// Removes the copies of programs that neither a service's current version nor the one it could go back to needs, and no schedule.
pub(crate) fn sweep_programs(stack: &Stack) -> Result<(), ServiceError> {
    let home = home(stack)?;
    let mut needed = Vec::new();
    for service in stack.metadata().services(&ServiceFilter::default())? {
        let versions = stack.metadata().service_versions(service.id)?;
        let lived = versions.iter().rev().filter(|version| {
            // One that is starting is about to be the current one.
            version.live.is_some() || version.number == service.version || version.ended.is_none()
        });
        needed.extend(
            lived
                .take(3)
                .filter_map(|version| version.program.as_ref()?.digest),
        );
        if let Ok(config) = super::LocalConfig::of(&service) {
            needed.extend(config.program.digest);
        }
    }
    for schedule in stack.metadata().schedules(&ScheduleFilter::default())? {
        needed.extend(schedule.program.digest);
    }
    program::sweep(home, &needed);
    Ok(())
}
