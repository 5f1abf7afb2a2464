//! What drives services of one sort: daemons of this machine, or something elsewhere.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::lease::Lease;
use super::{LogLines, ServiceError};
use crate::metadata::{ServiceRecord, ServiceState, ServiceStatus};
use crate::stack::Stack;

/// What drives the services whose record names it.
///
/// Whoever calls the methods that change something holds the service's lease.
pub(crate) trait Backend: Send + Sync + 'static {
    /// Puts the record's configuration behind the service's endpoint as a new version, and records it as the current one. When this
    /// fails, the version that ran before still runs.
    fn deploy(
        &self,
        at: &At<'_>,
        wanted: ServiceRecord,
        timeout: Duration,
    ) -> Result<ServiceRecord, ServiceError>;

    /// Ends every process of the service.
    fn stop(
        &self,
        at: &At<'_>,
        record: &ServiceRecord,
        timeout: Duration,
        force: bool,
    ) -> Result<(), ServiceError>;

    /// Removes what a stopped service leaves on this machine.
    fn remove(&self, at: &At<'_>, record: &ServiceRecord) -> Result<(), ServiceError>;

    /// Looks at the world.
    fn probe(&self, stack: &Stack, record: &ServiceRecord) -> Result<Seen, ServiceError>;

    /// The log of the current version.
    fn logs(
        &self,
        stack: &Stack,
        record: &ServiceRecord,
        follow: bool,
        tail: Option<usize>,
    ) -> Result<LogLines, ServiceError>;
}

/// Where a change happens, and by whose right.
pub(crate) struct At<'a> {
    pub(crate) stack: &'a Stack,
    pub(crate) lease: &'a Lease,
}

/// What was seen of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) state: ServiceState,
    pub(crate) error: Option<String>,
}

impl Seen {
    pub(crate) fn state(state: ServiceState) -> Self {
        Self { state, error: None }
    }

    pub(crate) fn error(reason: impl fmt::Display) -> Self {
        Self {
            state: ServiceState::Error,
            error: Some(reason.to_string()),
        }
    }

    /// The status after this was seen.
    pub(crate) fn after(self, before: &ServiceStatus, now: DateTime<Utc>) -> ServiceStatus {
        ServiceStatus {
            state: self.state,
            last_state: match self.state == before.state {
                true => before.last_state,
                false => before.state,
            },
            last_error: self.error.or_else(|| before.last_error.clone()),
            seen: now,
        }
    }
}

/// The backend of this name.
pub(crate) fn backend(record: &ServiceRecord) -> Result<&'static dyn Backend, ServiceError> {
    #[cfg(unix)]
    if record.backend == super::local::NAME {
        return Ok(&super::local::Local);
    }
    Err(ServiceError::UnknownBackend {
        service: record.name.clone(),
        backend: record.backend.clone(),
    })
}
