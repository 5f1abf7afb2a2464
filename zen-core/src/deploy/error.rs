//! What goes wrong with deployments.

use crate::artifact::ArtifactError;
use crate::client::ClientError;
use crate::graph::ContextError;
use crate::metadata::MetadataError;
use crate::service::ServiceError;
use crate::stack::StackError;

/// Why something could not be done with a model server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// No deployer is there.
    #[error(
        "the stack `{stack}` has no model deployer, and this program has none by default: add `zen-integrations` to Cargo.toml and refer \
         to it once, as with `use zen_integrations as _;`, or give the stack one (`Stack::builder().model_deployer(..)`)"
    )]
    NoDeployer {
        /// The stack.
        stack: String,
    },
    /// The step runs outside a stack.
    #[error(
        "the step `{step}` has no stack: it runs in a pipeline; by hand, call `zen_core::deploy::deploy`"
    )]
    NoStack {
        /// The step.
        step: String,
    },
    /// The model's name can't be used.
    #[error("`{name}` can't be the name of a model: {reason}")]
    ModelName {
        /// The name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The flavour's options can't be read.
    #[error("model `{model}`: the options of the flavour `{flavor}` can't be read: {reason}")]
    Options {
        /// The model.
        model: String,
        /// The flavour.
        flavor: &'static str,
        /// Why not.
        reason: String,
    },
    /// The program can't serve models of this type.
    #[error(transparent)]
    NotServable(#[from] crate::serving::NotServable),
    /// What a flavour has to say of its own: a program that it needs is missing, a model can't be found, ..
    #[error(transparent)]
    Flavor(Box<dyn std::error::Error + Send + Sync>),
    /// There is no such model server.
    #[error("there is no model server {0}")]
    Unknown(uuid::Uuid),
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The stack failed.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The metadata store failed.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The model can't be stored.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The model can't be stored.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The run's records can't be stored.
    #[error(transparent)]
    Context(#[from] ContextError),
}
