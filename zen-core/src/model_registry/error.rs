//! What goes wrong with registries.

use std::path::PathBuf;

use crate::deploy::DeployError;
use crate::graph::ContextError;
use crate::metadata::MetadataError;
use crate::prelude::BoxError;
use crate::service::ServiceError;
use crate::stack::StackError;

/// Why something could not be done with a model registry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// It can't be reached, or can't answer now.
    #[error("the model registry at {location} is unavailable: {reason}")]
    Unavailable {
        /// Where it is, without credentials.
        location: String,
        /// What happened.
        reason: String,
    },
    /// It doesn't do it.
    #[error("the model registry at {location} refuses {doing}: {reason}")]
    Refused {
        /// Where it is, without credentials.
        location: String,
        /// What was asked.
        doing: String,
        /// What it said.
        reason: String,
    },
    /// There is no such version.
    #[error("the model registry at {location} has no version `{version}` of the model `{name}`")]
    NoVersion {
        /// Where it is, without credentials.
        location: String,
        /// The model's name.
        name: String,
        /// The version.
        version: String,
    },
    /// The model can't be written in the registry's format.
    #[error("the model `{name}` can't be registered")]
    Model {
        /// The name it was to be registered under.
        name: String,
        /// Why not.
        #[source]
        source: BoxError,
    },
    /// A file can't be written.
    #[error("{} can't be written", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The stack failed.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The metadata store failed.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// Another program is registering a model of the same name.
    #[error("the model `{name}` can't be registered now")]
    Busy {
        /// The name.
        name: String,
        /// Who does.
        #[source]
        source: Box<ServiceError>,
    },
    /// The step runs outside a stack.
    #[error(
        "the step `{step}` has no stack: it runs in a pipeline; by hand, call `zen_core::model_registry::register`"
    )]
    NoStack {
        /// The step.
        step: String,
    },
    /// The model can't be stored.
    #[error(transparent)]
    Deploy(Box<DeployError>),
    /// The run's records can't be stored.
    #[error(transparent)]
    Context(#[from] ContextError),
}

impl From<DeployError> for RegistryError {
    fn from(error: DeployError) -> Self {
        Self::Deploy(Box::new(error))
    }
}
