//! Looking at a local service.

use super::spawn::log_path;
use super::{LocalConfig, folder, home, identity};
use crate::metadata::{ServiceRecord, ServiceState};
use crate::service::backend::Seen;
use crate::service::{HealthMonitor, LogLines, ServiceError, logs};
use crate::stack::{Stack, host};

pub(super) fn probe(stack: &Stack, record: &ServiceRecord) -> Result<Seen, ServiceError> {
    let versions = stack.metadata().service_versions(record.id)?;
    let current = versions.iter().find(|version| version.number == record.version);
    let wanted = record.desired == ServiceState::Active;
    let process = current.and_then(|version| version.process.as_ref());
    if let Some(process) = process {
        let here = process.host == host();
        if identity::is_alive(process) || (!here && wanted) {
            if !wanted {
                return Ok(Seen::state(ServiceState::PendingShutdown));
            }
            return Ok(
                match record
                    .endpoint
                    .as_ref()
                    .map(|endpoint| HealthMonitor::of(endpoint).check())
                {
                    Some(Ok(())) => Seen::state(ServiceState::Active),
                    Some(Err(reason)) => Seen::error(reason),
                    None => Seen::error("it has no endpoint"),
                },
            );
        }
    }
    let starting = versions.iter().rev().find(|version| {
        version.state == ServiceState::PendingStartup
            && version.process.as_ref().is_some_and(identity::is_alive)
    });
    // Of one that was stopped, or found gone by a start that failed since, the end is known.
    let lost = current.filter(|version| version.ended.is_none()).and(process);
    Ok(match (wanted, starting, lost) {
        (_, Some(_), _) => Seen::state(ServiceState::PendingStartup),
        (false, None, _) => Seen::state(ServiceState::Inactive),
        (true, None, Some(process)) => {
            let last = home(stack)
                .ok()
                .and_then(|home| {
                    logs::last_lines(&log_path(&folder(home, record.id), record.version), 1).pop()
                })
                .map_or_else(String::new, |line| format!("; the last line of its log: {line}"));
            Seen::error(format!(
                "its process {} is gone: it crashed, was killed, or the machine was restarted{last}",
                process.pid
            ))
        }
        // What it failed with is its last error already.
        (true, None, None) => Seen {
            state: ServiceState::Error,
            error: match &record.status.last_error {
                Some(_) => None,
                None => Some("its start was never finished".into()),
            },
        },
    })
}

pub(super) fn logs(
    stack: &Stack,
    record: &ServiceRecord,
    follow: bool,
    tail: Option<usize>,
) -> Result<LogLines, ServiceError> {
    let versions = stack.metadata().service_versions(record.id)?;
    // The newest: of a start that failed, the log is what one wants to see.
    let Some(version) = versions.last() else {
        return Err(ServiceError::NotRunning {
            service: record.name.clone(),
            state: "not started yet, so it has no log".into(),
            error: None,
        });
    };
    let path = log_path(&folder(home(stack)?, record.id), version.number);
    let files = LocalConfig::of(record).map_or(0, |config| config.options.log.files);
    let process = version.process.clone();
    let follow = follow.then(|| {
        let is_alive = move || process.as_ref().is_some_and(identity::is_alive);
        Box::new(is_alive) as Box<dyn FnMut() -> bool + Send>
    });
    LogLines::open(&path, files, tail, follow).map_err(|source| ServiceError::File {
        service: record.name.clone(),
        doing: "reading the log",
        path,
        source,
    })
}
