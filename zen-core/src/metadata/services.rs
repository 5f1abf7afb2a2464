//! The rows of services and leases.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{ParseStatusError, ProgramRecord};
use crate::artifact::Digest;

/// Where a service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServiceState {
    /// Not running, and nobody asked it to.
    Inactive,
    /// Asked to run, not answering yet.
    PendingStartup,
    /// Running, and its health check succeeds.
    Active,
    /// Asked to stop, still there.
    PendingShutdown,
    /// Asked to run, and it died, failed to start, or its health check fails.
    Error,
    /// Asked to run; without work it has no instance at the moment, and gets one when a request comes.
    ScaledToZero,
}

impl ServiceState {
    /// All states.
    pub const ALL: [ServiceState; 6] = [
        ServiceState::Inactive,
        ServiceState::PendingStartup,
        ServiceState::Active,
        ServiceState::PendingShutdown,
        ServiceState::Error,
        ServiceState::ScaledToZero,
    ];

    /// The state in lower case, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            ServiceState::Inactive => "inactive",
            ServiceState::PendingStartup => "pending_startup",
            ServiceState::Active => "active",
            ServiceState::PendingShutdown => "pending_shutdown",
            ServiceState::Error => "error",
            ServiceState::ScaledToZero => "scaled_to_zero",
        }
    }
}

impl fmt::Display for ServiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ServiceState {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ServiceState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| ParseStatusError(text.to_owned()))
    }
}

/// What was last seen of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// Where it stands.
    pub state: ServiceState,
    /// Where it stood before `state` became what it is.
    pub last_state: ServiceState,
    /// The newest error; stays when the service recovers, until it is started anew.
    pub last_error: Option<String>,
    /// When this was seen.
    pub seen: DateTime<Utc>,
}

/// Where a service answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// `http`, `https`, `grpc` or `tcp`.
    pub protocol: String,
    /// The name or address clients connect to.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// The path of the health check, when it is one over HTTP.
    pub health_path: Option<String>,
    /// The path predictions are asked at, when the service makes any.
    pub prediction_path: Option<String>,
}

impl Endpoint {
    /// `http://127.0.0.1:8000`.
    pub fn base_url(&self) -> String {
        match self.host.contains(':') {
            true => format!("{}://[{}]:{}", self.protocol, self.host, self.port),
            false => format!("{}://{}:{}", self.protocol, self.host, self.port),
        }
    }
}

/// Which process it is: a process id alone may be used again by another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// The machine's name.
    pub host: String,
    /// Changes with every start of the machine.
    pub boot: String,
    /// The process id, which is also the id of its session and process group.
    pub pid: u32,
    /// When the process started, in the kernel's own count.
    pub start: String,
}

/// A long-running process outside any run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceRecord {
    /// Time-ordered (UUID version 7); stays the same through updates.
    pub id: Uuid,
    /// The service's name, for people.
    pub name: String,
    /// Which backend drives it: `local` for a daemon on this machine.
    pub backend: String,
    /// What it is: `native-model-server`, ..
    pub kind: String,
    /// The deployer's flavour, for a model server.
    pub flavor: Option<String>,
    /// The pipeline that deployed it.
    pub pipeline: Option<String>,
    /// The run that deployed its current version.
    pub run: Option<Uuid>,
    /// The name of the step that deployed it.
    pub step: Option<String>,
    /// The model's name.
    pub model_name: Option<String>,
    /// Where the current version's model is: the URI of an artifact or of something else.
    pub model_uri: Option<String>,
    /// The model's type, as `std::any::type_name` gives it, or `onnx`.
    pub model_type: Option<String>,
    /// The digest of the current version's model.
    pub model_digest: Option<Digest>,
    /// Everything needed to start it again, as its backend writes it.
    pub config: Value,
    /// [`ServiceState::Active`] or [`ServiceState::Inactive`]: what was asked for.
    pub desired: ServiceState,
    /// What was last seen.
    pub status: ServiceStatus,
    /// Where it answers, once it has.
    pub endpoint: Option<Endpoint>,
    /// The number of the current version; 0 before the first one.
    pub version: u32,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When anything but its status changed last.
    pub updated: DateTime<Utc>,
}

/// One version of a service: what one update put behind its URL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceVersionRecord {
    /// The service.
    pub service: Uuid,
    /// 1, 2, 3.. within the service.
    pub number: u32,
    /// The configuration it was started with, as [`ServiceRecord::config`].
    pub config: Value,
    /// The run that deployed it.
    pub run: Option<Uuid>,
    /// Where its model is.
    pub model_uri: Option<String>,
    /// The digest of its model.
    pub model_digest: Option<Digest>,
    /// The executable its process runs; a copy is kept while a version refers to it.
    pub program: Option<ProgramRecord>,
    /// Its process, while one was seen.
    pub process: Option<ProcessIdentity>,
    /// Where this version stands.
    pub state: ServiceState,
    /// Why it failed.
    pub error: Option<String>,
    /// When its start began.
    pub started: DateTime<Utc>,
    /// When it became the current version.
    pub live: Option<DateTime<Utc>>,
    /// When it was replaced or stopped.
    pub ended: Option<DateTime<Utc>>,
}

/// Which services to list; newest first. The default lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceFilter {
    /// Deployed by this pipeline.
    pub pipeline: Option<String>,
    /// One of its versions was deployed by this run.
    pub run: Option<Uuid>,
    /// Deployed by the step of this name.
    pub step: Option<String>,
    /// Of this name.
    pub name: Option<String>,
    /// Serving a model of this name.
    pub model_name: Option<String>,
    /// Serving the model at this place.
    pub model_uri: Option<String>,
    /// Serving a model of this type.
    pub model_type: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Of this deployer flavour.
    pub flavor: Option<String>,
    /// That was asked to be so.
    pub desired: Option<ServiceState>,
    /// Older than this service: the id of the last one of the page before.
    pub before: Option<Uuid>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// Who may do something that only one may do at a time, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRecord {
    /// What it is for: `deploy/<pipeline>/<step>/<model>`, ..
    pub key: String,
    /// The fencing token: rises with every new holder of the key, and never falls. A list of changes that begins with
    /// [`Change::Fenced`](super::Change::Fenced) is refused once another holder has a higher one.
    pub token: u64,
    /// Who holds it, for people and for telling whether the holder is alive.
    pub holder: String,
    /// When it ends unless it is renewed.
    pub expires: DateTime<Utc>,
}

/// What came of asking for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseOutcome {
    /// It is yours.
    Held(LeaseRecord),
    /// Somebody else has it.
    Busy(LeaseRecord),
}
