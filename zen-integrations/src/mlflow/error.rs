//! What goes wrong with MLflow.

use std::path::PathBuf;
use std::time::Duration;

use zen_core::model_registry::RegistryError;
use zen_core::prelude::BoxError;
use zen_core::tracking::TrackingError;

/// Why MLflow could not be asked, or what it said. Where the server is stands in the errors of tracker and registry that are made of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MlflowError {
    /// The URI of the server is none that can be used.
    #[error("its `tracking_uri` {0}")]
    Uri(String),
    /// The credentials don't fit together.
    #[error("{0}")]
    Access(&'static str),
    /// The server can't be reached, doesn't answer in time, or can't answer now: worth another try.
    #[error("{doing}: {reason}")]
    Unavailable {
        /// What was asked.
        doing: String,
        /// What happened.
        reason: String,
        /// How long the server asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// The server takes nothing from this program, or not this.
    #[error("{doing}: {reason}")]
    Denied {
        /// What was asked.
        doing: String,
        /// What it said.
        reason: String,
    },
    /// The server refuses this.
    #[error("{doing}: {message} ({code})")]
    Api {
        /// What was asked.
        doing: String,
        /// MLflow's word for it, such as `RESOURCE_DOES_NOT_EXIST`.
        code: String,
        /// What it said.
        message: String,
    },
    /// The answer is none of MLflow's.
    #[error(
        "{doing}: {found}, which is no answer of MLflow's: is the `tracking_uri` right, and is nothing in between?"
    )]
    Foreign {
        /// What was asked.
        doing: String,
        /// What came.
        found: String,
    },
    /// The experiment was deleted, and its name can't be used before it is restored.
    #[error(
        "the experiment `{0}` is deleted: restore it (`mlflow experiments restore`), delete it for good (`mlflow gc`), or choose another `experiment`"
    )]
    ExperimentDeleted(String),
    /// The server keeps artifacts where this program can't write or read them.
    #[error(
        "the artifacts at {uri} can't be reached from here: {reason}; start MLflow's server with `--serve-artifacts`, and make a new experiment"
    )]
    Artifacts {
        /// Where they are.
        uri: String,
        /// Why not.
        reason: String,
    },
    /// A file can't be read or written.
    #[error("{} can't be read or written", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// What is to be sent can't be read.
    #[error("{what} can't be read")]
    Content {
        /// What.
        what: String,
        /// Why not.
        #[source]
        source: BoxError,
    },
}

impl MlflowError {
    /// Whether there is no such run, experiment, model, version or file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Api { code, .. } if code == "RESOURCE_DOES_NOT_EXIST")
    }

    /// Whether the name is taken.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Api { code, .. } if code == "RESOURCE_ALREADY_EXISTS")
    }

    /// Whether an alias points nowhere: MLflow has no word of its own for it.
    pub(super) fn is_missing_alias(&self) -> bool {
        matches!(self, Self::Api { code, message, .. } if code == "INVALID_PARAMETER_VALUE" && message.contains("not found"))
    }

    /// With its causes, in one line.
    fn text(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }

    /// As a tracker tells it.
    pub(super) fn of_tracker(self, location: &str) -> TrackingError {
        let (location, reason) = (location.to_owned(), self.text());
        match self {
            Self::Unavailable { retry_after, .. } => TrackingError::Unavailable {
                location,
                reason,
                retry_after,
            },
            // A page of a proxy may be gone in a minute; a wrong URI is told when the run ends.
            Self::Foreign { .. } => TrackingError::Unavailable {
                location,
                reason,
                retry_after: None,
            },
            Self::Denied { .. } => TrackingError::Denied { location, reason },
            _ => TrackingError::Refused { location, reason },
        }
    }

    /// As a registry tells it that was asked for `doing`.
    pub(super) fn of_registry(self, location: &str, doing: &str) -> RegistryError {
        let location = location.to_owned();
        match self {
            Self::Unavailable { .. } | Self::Foreign { .. } => RegistryError::Unavailable {
                location,
                reason: self.text(),
            },
            Self::File { path, source } => RegistryError::File { path, source },
            _ => RegistryError::Refused {
                location,
                doing: doing.to_owned(),
                reason: self.text(),
            },
        }
    }
}
