//! Why a command fails, and what to type next.

use std::io::ErrorKind;
use std::path::PathBuf;

use zen_core::artifact::{ArtifactError, FilesError};
use zen_core::client::ClientError;
use zen_core::graph::{ConfigError, RegistryError};
use zen_core::metadata::MetadataError;
use zen_core::runner::RunError;
use zen_core::schedule::SchedulingError;
use zen_core::secrets::SecretError;
use zen_core::service::ServiceError;
use zen_core::stack::{SettingsError, StackError};

use crate::Exit;
use crate::run::program;

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// The command can't be carried out as it was typed.
    #[error("{message}")]
    Usage { message: String, help: Option<String> },
    /// There is no such thing.
    #[error("{message}")]
    NotFound { message: String, help: Option<String> },
    /// Several things may be meant.
    #[error("{message}")]
    Ambiguous { message: String, help: String },
    /// Somebody answered no.
    #[error("nothing was changed")]
    Declined,
    /// Nobody is there to be asked.
    #[error("{question} Nobody can be asked here")]
    Unasked { question: String },
    /// The metadata store isn't where it should be.
    #[error("{message}")]
    Store { message: String, help: String },
    /// The project's program is missing or can't be started.
    #[error("{message}")]
    Program { message: String, help: String },
    /// A file of the user can't be read or written.
    #[error("{doing} {path} failed")]
    File {
        doing: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    /// The output can't be written.
    #[error("writing the output failed")]
    Output(#[source] std::io::Error),
    /// A run that was started here didn't complete.
    #[error("{error}")]
    Ended {
        #[source]
        error: Box<RunError>,
        /// The run, abbreviated.
        run: String,
    },
    /// The asynchronous runtime can't be started.
    #[error("the asynchronous runtime can't be started")]
    Runtime(#[source] std::io::Error),
    /// The output can't be said as JSON.
    #[error("the output can't be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Stack(#[from] StackError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error(transparent)]
    Scheduling(#[from] SchedulingError),
    #[error(transparent)]
    Files(#[from] FilesError),
}

impl Error {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn not_found(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::NotFound {
            message: message.into(),
            help: Some(help.into()),
        }
    }

    /// The code it ends the program with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } | Self::Ambiguous { .. } | Self::Unasked { .. } => Exit::Usage,
            Self::NotFound { .. } => Exit::NotFound,
            Self::Declined => Exit::Cancelled,
            Self::Store { .. } => Exit::Store,
            Self::Program { .. } => Exit::Program,
            Self::Run(error) => of_run(error),
            Self::Ended { error, .. } => of_run(error),
            Self::Config(error) => of_config(error),
            Self::Registry(error) => of_registry(error),
            Self::Settings(error) => of_settings(error),
            Self::Secret(error) => match error {
                SecretError::Missing { .. } => Exit::NotFound,
                SecretError::Name { .. } | SecretError::Reference(_) | SecretError::Value { .. } => {
                    Exit::Usage
                }
                _ => Exit::Store,
            },
            Self::Metadata(error) => of_metadata(error),
            Self::Artifact(error) => of_artifact(error),
            Self::Stack(error) => of_stack(error),
            Self::Client(error) => of_client(error),
            Self::Service(error) => match error {
                ServiceError::Unknown(_) => Exit::NotFound,
                ServiceError::NoProgram { .. } | ServiceError::Spawn { .. } => Exit::Program,
                ServiceError::Metadata(error) => of_metadata(error),
                ServiceError::Artifact(error) => of_artifact(error),
                ServiceError::Stack(error) => of_stack(error),
                _ => Exit::Failed,
            },
            Self::Scheduling(error) => of_scheduling(error),
            Self::File { source, .. } => match source.kind() {
                // Another file should have been named.
                ErrorKind::NotFound | ErrorKind::InvalidData | ErrorKind::IsADirectory => Exit::Usage,
                _ => Exit::Failed,
            },
            Self::Output(_) | Self::Runtime(_) | Self::Json(_) | Self::Files(_) => Exit::Failed,
        }
    }

    /// One word for programs.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Ambiguous { .. } => "ambiguous",
            Self::Unasked { .. } => "unconfirmed",
            Self::Run(RunError::Cancelled { .. }) => "cancelled",
            Self::Ended { error, .. } if matches!(**error, RunError::Cancelled { .. }) => "cancelled",
            _ => match self.exit() {
                // No error is a success.
                Exit::Success | Exit::Failed => "failed",
                Exit::Usage => "usage",
                Exit::NotFound => "not_found",
                Exit::Cancelled => "declined",
                Exit::Store => "store",
                Exit::Program => "program",
            },
        }
    }

    /// What to type next.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Usage { help, .. } | Self::NotFound { help, .. } => help.clone(),
            Self::Ambiguous { help, .. } | Self::Store { help, .. } | Self::Program { help, .. } => {
                Some(help.clone())
            }
            Self::Unasked { .. } => Some("say --yes to do it".into()),
            Self::Service(ServiceError::NoProgram { .. }) => {
                Some("run the pipeline that deploys it once more".into())
            }
            Self::Service(ServiceError::NotRunning { service, .. }) => Some(format!(
                "start it with `{} model-deployer models start {service}`",
                program()
            )),
            Self::Ended { run, .. } => Some(format!(
                "`{0} run show {run}` shows it, and `{0} run resume {run}` goes on from its finished steps",
                program()
            )),
            _ => None,
        }
    }

    /// The message with its causes.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let words = error.to_string();
            // Transparent errors say the same twice.
            if !text.ends_with(&words) {
                text = format!("{text}: {words}");
            }
            cause = error.source();
        }
        text
    }
}

fn of_metadata(error: &MetadataError) -> Exit {
    match error {
        MetadataError::Fenced { .. }
        | MetadataError::SlotTaken { .. }
        | MetadataError::Stale { .. }
        | MetadataError::NameTaken { .. }
        | MetadataError::Pruned { .. } => Exit::Failed,
        _ => Exit::Store,
    }
}

fn of_artifact(error: &ArtifactError) -> Exit {
    match error {
        ArtifactError::Encode { .. } | ArtifactError::Decode { .. } | ArtifactError::WrongType { .. } => {
            Exit::Failed
        }
        _ => Exit::Store,
    }
}

fn of_stack(error: &StackError) -> Exit {
    match error {
        StackError::Settings(error) => of_settings(error),
        _ => Exit::Store,
    }
}

fn of_client(error: &ClientError) -> Exit {
    match error {
        ClientError::NoRun(_)
        | ClientError::NoPipeline { .. }
        | ClientError::NoStep { .. }
        | ClientError::NoOutput { .. }
        | ClientError::NoArtifact { .. } => Exit::NotFound,
        ClientError::Metadata(error) => of_metadata(error),
        ClientError::Artifact(error) => of_artifact(error),
        ClientError::Stack(error) => of_stack(error),
        _ => Exit::Failed,
    }
}

fn of_scheduling(error: &SchedulingError) -> Exit {
    match error {
        SchedulingError::NoSchedule { .. } | SchedulingError::NoSlot(_) => Exit::NotFound,
        SchedulingError::Unreadable { .. } => Exit::Store,
        SchedulingError::Stack(error) => of_stack(error),
        SchedulingError::Client(error) => of_client(error),
        SchedulingError::Start { source, .. } => of_run(source),
        _ => Exit::Failed,
    }
}

fn of_run(error: &RunError) -> Exit {
    match error {
        RunError::Cancelled { .. } => Exit::Cancelled,
        RunError::Stack(error) => of_stack(error),
        RunError::Client(error) => of_client(error),
        RunError::NotRecorded { source, .. } => of_metadata(source),
        RunError::Registry(error) => of_registry(error),
        RunError::Config(error) => of_config(error),
        RunError::NoStep { .. } => Exit::NotFound,
        RunError::Label { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

fn of_config(error: &ConfigError) -> Exit {
    match error {
        ConfigError::NotBuilt { error, .. } => of_registry(error),
        _ => Exit::Usage,
    }
}

fn of_registry(error: &RegistryError) -> Exit {
    match error {
        RegistryError::Unknown { .. } => Exit::NotFound,
        RegistryError::UnknownParameter { .. }
        | RegistryError::MissingParameter { .. }
        | RegistryError::WrongParameter { .. }
        | RegistryError::Duplicate { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

fn of_settings(error: &SettingsError) -> Exit {
    match error {
        SettingsError::NoStack { .. } | SettingsError::NoComponent { .. } => Exit::NotFound,
        SettingsError::File { .. } => Exit::Store,
        // This one is zen's own; `zen.toml` is the user's.
        SettingsError::Malformed { path, .. } if path.ends_with("stacks.toml") => Exit::Store,
        _ => Exit::Usage,
    }
}
