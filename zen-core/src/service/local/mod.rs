//! Services that are daemons of this machine: this program's executable, started again.

mod config;
mod control;
mod daemon;
mod deploy;
pub(crate) mod ending;
mod environment;
pub(crate) mod identity;
mod kind;
mod launch;
mod leaving;
mod leftovers;
mod lifetime;
mod log;
mod probe;
pub(crate) mod program;
mod serving;
mod spawn;
mod stop;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use uuid::Uuid;

pub(crate) use config::LocalConfig;
pub use config::LocalOptions;
pub use daemon::run_if_daemon;
pub use kind::{LocalService, LocalServiceEntry, Paths, registered_services};
pub use leaving::Leaving;
pub use log::LogLimits;
pub use serving::{Abandoned, Serving};
pub(crate) use stop::sweep_programs;

use super::backend::{At, Backend, Seen};
use super::{LogLines, ServiceError};
use crate::metadata::ServiceRecord;
use crate::stack::Stack;

/// The backend's name in records.
pub(crate) const NAME: &str = "local";

/// The backend of local daemons.
#[derive(Debug)]
pub(crate) struct Local;

impl Backend for Local {
    fn deploy(
        &self,
        at: &At<'_>,
        wanted: ServiceRecord,
        timeout: Duration,
    ) -> Result<ServiceRecord, ServiceError> {
        deploy::deploy(at, wanted, timeout)
    }

    fn stop(
        &self,
        at: &At<'_>,
        record: &ServiceRecord,
        timeout: Duration,
        force: bool,
    ) -> Result<(), ServiceError> {
        stop::stop(at, record, timeout, force)
    }

    fn remove(&self, at: &At<'_>, record: &ServiceRecord) -> Result<(), ServiceError> {
        stop::remove(at, record)
    }

    fn probe(&self, stack: &Stack, record: &ServiceRecord) -> Result<Seen, ServiceError> {
        probe::probe(stack, record)
    }

    fn logs(
        &self,
        stack: &Stack,
        record: &ServiceRecord,
        follow: bool,
        tail: Option<usize>,
    ) -> Result<LogLines, ServiceError> {
        probe::logs(stack, record, follow, tail)
    }
}

/// The project's folder, which another process can read too.
pub(crate) fn home(stack: &Stack) -> Result<&Path, ServiceError> {
    stack.home().ok_or_else(|| ServiceError::NoHome {
        stack: stack.name().to_owned(),
    })
}

/// This long from now; what is too long for a clock ends in a far future.
fn from_now(time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    Instant::now() + time.min(FAR)
}

/// Where the files of a running service are.
fn folder(home: &Path, service: Uuid) -> PathBuf {
    home.join("services").join(service.to_string())
}
