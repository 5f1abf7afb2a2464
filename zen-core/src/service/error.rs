//! What goes wrong with services.

use std::path::PathBuf;
use std::time::Duration;

use uuid::Uuid;

use super::TokenError;
use crate::artifact::ArtifactError;
use crate::metadata::MetadataError;
use crate::stack::StackError;

/// Why something could not be done with a service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is no such service.
    #[error("there is no service {0}")]
    Unknown(String),
    /// The stack keeps nothing that another process could read.
    #[error(
        "a service is a process of its own, and the stack `{stack}` lives in this one's memory: use a stack with a folder \
         (`Stack::active()`, `Stack::at(..)`)"
    )]
    NoHome {
        /// The stack.
        stack: String,
    },
    /// This program doesn't begin with zen's main.
    #[error(
        "this program can't be started as a service: its `main` must be marked `#[zen_core::main]`, or call \
         `zen_core::service::run_if_daemon()` first. A test of `cargo test` has no such `main`: give the stack a program that has \
         one, with `Stack::builder().program(..)`"
    )]
    NotHooked,
    /// This process was itself started as a service, and runs an ordinary `main`.
    #[error(
        "this process was started to run a service, but its `main` was not marked `#[zen_core::main]`: it starts no others"
    )]
    Nested,
    /// This system has no local services.
    #[error("local services need a Unix system (Linux, macOS)")]
    Unsupported,
    /// The program has no such kind of service.
    #[error(
        "{program} has no service of kind `{kind}` (it has: {known}); a crate that is named only in Cargo.toml is not linked: \
         refer to it once, as with `use zen_integrations as _;`"
    )]
    UnknownKind {
        /// The kind.
        kind: String,
        /// The kinds there are.
        known: String,
        /// The program.
        program: String,
    },
    /// No backend drives it in this program.
    #[error("service {service}: this program has no backend `{backend}`")]
    UnknownBackend {
        /// The service.
        service: String,
        /// The backend.
        backend: String,
    },
    /// Its configuration can't be read.
    #[error("service {service}: its configuration can't be read: {reason}")]
    Config {
        /// The service.
        service: String,
        /// Why not.
        reason: String,
    },
    /// The executable that it needs is gone.
    #[error(
        "service {service}: the program that deployed it ({path}) has changed or is gone, and no copy is kept: deploy it again"
    )]
    NoProgram {
        /// The service.
        service: String,
        /// Where the executable was.
        path: String,
    },
    /// Its process could not be started.
    #[error("service {service}: {program} could not be started")]
    Spawn {
        /// The service.
        service: String,
        /// The executable.
        program: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// It did not start.
    #[error("service {service} did not start: {reason}{}", log_part(.log))]
    Start {
        /// The service.
        service: String,
        /// Why not: its own words, or how its process ended.
        reason: String,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// It did not start in time.
    #[error("service {service} did not start within {timeout:?} ({doing}) and was ended{}", log_part(.log))]
    StartTimeout {
        /// The service.
        service: String,
        /// What it was doing.
        doing: &'static str,
        /// The time it had.
        timeout: Duration,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// It did not end, though it was killed.
    #[error(
        "service {service}: process {pid} was killed and has not ended after {timeout:?}: the system keeps it"
    )]
    StopTimeout {
        /// The service.
        service: String,
        /// The process.
        pid: u32,
        /// The time it had.
        timeout: Duration,
    },
    /// It runs on another machine.
    #[error(
        "service {service} runs on the machine `{host}`: it can be asked from here, but started and stopped only there"
    )]
    Elsewhere {
        /// The service.
        service: String,
        /// The machine.
        host: String,
    },
    /// It doesn't run.
    #[error("service {service} is {state}{}: start it first", error_part(.error))]
    NotRunning {
        /// The service.
        service: String,
        /// Its state.
        state: String,
        /// Its last error.
        error: Option<String>,
    },
    /// It serves another model.
    #[error("service {service} serves a `{stored}`, not a `{wanted}`")]
    WrongModel {
        /// The service.
        service: String,
        /// The type of its model.
        stored: String,
        /// The type that was asked for.
        wanted: &'static str,
    },
    /// It answers no predictions.
    #[error("service {service} makes no predictions: it has no prediction URL")]
    NoPredictions {
        /// The service.
        service: String,
    },
    /// It could not be reached.
    #[error("service {service} at {url} could not be reached")]
    Unreachable {
        /// The service.
        service: String,
        /// Where it should answer.
        url: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It answered with an error.
    #[error("service {service} refused ({status}): {message}")]
    Refused {
        /// The service.
        service: String,
        /// The HTTP status: 400 to 499 when the request is at fault, 500 and more when the service is.
        status: u16,
        /// What it said.
        message: String,
    },
    /// Its answer can't be read.
    #[error("service {service} answered what can't be read as a prediction: {reason}")]
    Answer {
        /// The service.
        service: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The rows can't be sent.
    #[error("service {service}: the rows can't be sent: {reason}")]
    Rows {
        /// The service.
        service: String,
        /// Why not.
        reason: String,
    },
    /// Somebody else is changing the service.
    #[error("service {service} is being changed by {holder}, which did not end within {waited:?}")]
    Busy {
        /// The service.
        service: String,
        /// Who.
        holder: String,
        /// How long was waited.
        waited: Duration,
    },
    /// Another took over while this one was changing the service.
    #[error("service {service}: another deployment took over meanwhile, and this one was undone")]
    Overtaken {
        /// The service.
        service: String,
        /// The cause.
        source: MetadataError,
    },
    /// It has no version to go back to.
    #[error("service {service} has no earlier version to go back to")]
    NoEarlierVersion {
        /// The service.
        service: String,
    },
    /// A file could not be read or written.
    #[error("service {service}: {doing} {path} failed")]
    File {
        /// The service.
        service: String,
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Its token can't be read.
    #[error("service {service}: its token can't be read")]
    Token {
        /// The service.
        service: String,
        /// The cause.
        source: TokenError,
    },
    /// The metadata store failed.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The artifact store failed.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The stack failed.
    #[error(transparent)]
    Stack(#[from] StackError),
}

impl ServiceError {
    pub(crate) fn unknown(id: Uuid) -> Self {
        Self::Unknown(id.to_string())
    }
}

fn log_part(log: &[String]) -> String {
    match log.is_empty() {
        true => String::new(),
        false => format!("\nthe end of its log:\n  {}", log.join("\n  ")),
    }
}

fn error_part(error: &Option<String>) -> String {
    error
        .as_ref()
        .map_or_else(String::new, |error| format!(" ({error})"))
}
