//! What a scheduler and a process that it has started say to each other.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::artifact::StoreOrigin;
use crate::metadata::SlotState;
use crate::stack::StackPlan;

/// The variable that makes a process one that works for a schedule, together with [`ARGUMENT`].
pub(super) const VARIABLE: &str = "ZEN_SCHEDULED";

/// The first argument of such a process.
pub(super) const ARGUMENT: &str = "--zen-scheduled";

/// Which slot of which schedule, and where its project is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Subject {
    pub(super) home: PathBuf,
    pub(super) store: Option<Box<StoreOrigin>>,
    /// Which stack it is, when settings say.
    pub(super) stack: Option<Box<StackPlan>>,
    pub(super) schedule: Uuid,
    pub(super) slot: Uuid,
    pub(super) token: u64,
}

/// What the scheduler says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Runs this slot.
    Run { subject: Subject, quiet: bool },
    /// Calls the schedule's hooks after this slot.
    Call(Subject),
    /// Cancels the run.
    Cancel { reason: String },
}

/// What the process says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The process is one of ours: it may be told what only such a one may know.
    Hello,
    Started {
        run: Uuid,
    },
    Ended {
        state: SlotState,
        reason: Option<String>,
    },
    /// The hooks were called, or why that could not be done.
    Called(Result<(), String>),
}

pub(super) fn say(socket: &Mutex<UnixStream>, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    let mut socket = socket.lock().unwrap_or_else(PoisonError::into_inner);
    socket.write_all(&line)
}

/// The next message; none at the end.
pub(super) fn receive<T: DeserializeOwned>(socket: &mut BufReader<UnixStream>) -> io::Result<Option<T>> {
    let mut line = String::new();
    if socket.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
}
