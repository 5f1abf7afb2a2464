//! How a local service is run.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LocalService, LogLimits, Paths};
use crate::metadata::{ProgramRecord, ServiceRecord};
use crate::service::{ServiceError, TokenSource};

/// How the process of a local service is run. The defaults suit most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LocalOptions {
    /// The address to listen on: this machine alone unless said otherwise.
    pub host: String,
    /// The port; 0 for any free one, which then stays the service's as long as nobody else takes it.
    pub port: u16,
    /// How much of the log is kept.
    pub log: LogLimits,
    /// How long open requests may take when the service stops or is updated.
    pub drain: Duration,
    /// The threads of the process's asynchronous runtime; none for one a core.
    pub worker_threads: Option<usize>,
    /// Where the token is found that clients have to send.
    pub token: Option<TokenSource>,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 0,
            log: LogLimits::default(),
            drain: Duration::from_secs(30),
            worker_threads: None,
            token: None,
        }
    }
}

/// Everything that is needed to start a local service: what [`ServiceRecord::config`] holds for this backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LocalConfig {
    pub(crate) kind: String,
    /// The [`LocalService`] itself.
    pub(crate) settings: Value,
    pub(crate) paths: Paths,
    pub(crate) options: LocalOptions,
    pub(crate) program: ProgramRecord,
}

impl LocalConfig {
    pub(crate) fn new<S: LocalService>(
        name: &str,
        service: &S,
        options: LocalOptions,
        program: ProgramRecord,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            kind: S::KIND.to_owned(),
            settings: serde_json::to_value(service).map_err(|error| unreadable(name, error))?,
            paths: service.paths(),
            options,
            program,
        })
    }

    pub(crate) fn of(record: &ServiceRecord) -> Result<Self, ServiceError> {
        serde_json::from_value(record.config.clone()).map_err(|error| unreadable(&record.name, error))
    }

    pub(crate) fn to_value(&self, name: &str) -> Result<Value, ServiceError> {
        serde_json::to_value(self).map_err(|error| unreadable(name, error))
    }
}

fn unreadable(service: &str, error: serde_json::Error) -> ServiceError {
    ServiceError::Config {
        service: service.to_owned(),
        reason: error.to_string(),
    }
}
