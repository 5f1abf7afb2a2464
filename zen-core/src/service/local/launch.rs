//! What the starting process and the started one say to each other: JSON, one message a line.
//!
//! The starting process writes to the daemon's standard input, and reads its standard output. When it dies before the
//! new version is committed, the daemon reads the end of its input, and knows that nobody wants it.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::LogLimits;
use crate::artifact::StoreOrigin;
use crate::stack::StackPlan;

/// The variable that makes a process a daemon, together with [`ARGUMENT`].
pub(super) const VARIABLE: &str = "ZEN_DAEMON";

/// The first argument of a daemon.
pub(super) const ARGUMENT: &str = "--zen-daemon";

/// How long a daemon may take to say its first word: loading a large executable from a slow disk.
pub(super) const HELLO: Duration = Duration::from_secs(30);

/// What a daemon is to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Launch {
    /// The project's folder, absolute.
    pub(super) home: PathBuf,
    pub(super) service: Uuid,
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) kind: String,
    pub(super) config: Value,
    pub(super) host: String,
    /// The port to bind; 0 for any.
    pub(super) port: u16,
    /// Any port will do if this one is taken: it is the one the service had before.
    pub(super) port_is_wish: bool,
    /// The running version, which this one replaces.
    pub(super) previous: Option<u32>,
    /// Whether to take the listening socket over from it.
    pub(super) inherit: bool,
    pub(super) log: PathBuf,
    pub(super) limits: LogLimits,
    /// How long open requests may take when it stops or is replaced.
    pub(super) drain: Duration,
    pub(super) worker_threads: Option<usize>,
    /// Where the project's artifacts are, credentials among it: for nobody but the daemon.
    #[serde(default)]
    pub(super) artifacts: Option<StoreOrigin>,
    /// Which stack it is, when settings say.
    #[serde(default)]
    pub(super) stack: Option<StackPlan>,
}

/// What the starting process says, after the launch itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// Answer connections from now on.
    Go,
    /// This version is the current one: go on without me, and tell the one before to retire.
    Committed,
}

/// What the daemon says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    /// The process is a daemon of ours.
    Hello,
    /// It listens there.
    Listening {
        host: String,
        port: u16,
        inherited: bool,
    },
    /// The server is loaded and warm.
    Warm,
    /// It answers.
    Serving,
    /// The version before has been told to retire.
    InCharge,
    /// It can't go on.
    Failed { reason: String },
}
