//! What earlier versions of a service may have left behind, here or elsewhere.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{LocalConfig, ending, identity};
use crate::metadata::{ServiceRecord, ServiceState, ServiceVersionRecord};
use crate::service::{HealthMonitor, ServiceError};
use crate::stack::host;

/// How long after its time to drain a version that was replaced must have ended.
const OVERDUE: Duration = Duration::from_secs(10);

/// Refuses when the current version runs on another machine, and answers.
pub(super) fn check_place(
    wanted: &ServiceRecord,
    versions: &[ServiceVersionRecord],
) -> Result<(), ServiceError> {
    let current = versions
        .iter()
        .find(|version| version.number == wanted.version && version.ended.is_none());
    let process = current.and_then(|version| version.process.as_ref());
    match (process, &wanted.endpoint) {
        (Some(process), Some(endpoint))
            if process.host != host() && HealthMonitor::of(endpoint).check().is_ok() =>
        {
            Err(ServiceError::Elsewhere {
                service: wanted.name.clone(),
                host: process.host.clone(),
            })
        }
        _ => Ok(()),
    }
}

/// Ends what should have ended by itself, and says which versions are to be recorded as over: those of a deployment that died midway, those
/// replaced that don't end, and the current one when its process is gone.
pub(super) fn end_leftovers(
    wanted: &ServiceRecord,
    versions: &mut [ServiceVersionRecord],
    now: DateTime<Utc>,
) -> Vec<ServiceVersionRecord> {
    let mut over = Vec::new();
    for version in versions {
        let alive = version.process.as_ref().is_some_and(identity::is_alive);
        let error = match (version.number == wanted.version, version.ended) {
            (true, None) if !alive => "its process is gone",
            (false, None) => "its deployment died midway",
            (false, Some(ended)) if alive && now - ended > patience_with(version) => "",
            _ => continue,
        };
        if let Some(process) = &version.process {
            ending::end(process);
        }
        if version.ended.is_none() {
            version.state = ServiceState::Error;
            version.error = Some(error.to_owned());
            version.ended = Some(now);
            over.push(version.clone());
        }
    }
    over
}

/// How long a version that was replaced may go on: it finishes what was asked of it.
fn patience_with(version: &ServiceVersionRecord) -> TimeDelta {
    let config: Option<LocalConfig> = serde_json::from_value(version.config.clone()).ok();
    let drain = config.map_or(Duration::ZERO, |config| config.options.drain);
    TimeDelta::from_std(drain.saturating_add(OVERDUE)).unwrap_or(TimeDelta::MAX)
}
