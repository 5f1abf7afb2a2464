//! What the components of a stack are for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::near::did_you_mean;

/// What a component of a stack is for. Every stack has the first three and a secrets store; the others are optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ComponentType {
    /// How and where steps are executed.
    Orchestrator,
    /// Where the bytes of artifacts are kept.
    ArtifactStore,
    /// Where runs, artifacts, services and schedules are recorded.
    MetadataStore,
    /// What puts models behind prediction servers.
    ModelDeployer,
    /// What shows parameters and metrics of runs elsewhere.
    ExperimentTracker,
    /// Where models are published by name, version and alias.
    ModelRegistry,
    /// Where secrets are kept that configurations refer to.
    SecretsStore,
    /// What tells people.
    Alerter,
}

impl ComponentType {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Orchestrator,
        Self::ArtifactStore,
        Self::MetadataStore,
        Self::ModelDeployer,
        Self::ExperimentTracker,
        Self::ModelRegistry,
        Self::SecretsStore,
        Self::Alerter,
    ];

    /// As in `zen.toml`: `artifact_store`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Orchestrator => "orchestrator",
            Self::ArtifactStore => "artifact_store",
            Self::MetadataStore => "metadata_store",
            Self::ModelDeployer => "model_deployer",
            Self::ExperimentTracker => "experiment_tracker",
            Self::ModelRegistry => "model_registry",
            Self::SecretsStore => "secrets_store",
            Self::Alerter => "alerter",
        }
    }

    /// As a command: `artifact-store`.
    pub const fn command(self) -> &'static str {
        match self {
            Self::ArtifactStore => "artifact-store",
            Self::MetadataStore => "metadata-store",
            Self::ModelDeployer => "model-deployer",
            Self::ExperimentTracker => "experiment-tracker",
            Self::ModelRegistry => "model-registry",
            Self::SecretsStore => "secrets-store",
            Self::Orchestrator | Self::Alerter => self.as_str(),
        }
    }

    /// For people: `artifact store`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ArtifactStore => "artifact store",
            Self::MetadataStore => "metadata store",
            Self::ModelDeployer => "model deployer",
            Self::ExperimentTracker => "experiment tracker",
            Self::ModelRegistry => "model registry",
            Self::SecretsStore => "secrets store",
            Self::Orchestrator | Self::Alerter => self.as_str(),
        }
    }

    /// For people, of several: `artifact stores`.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Orchestrator => "orchestrators",
            Self::ArtifactStore => "artifact stores",
            Self::MetadataStore => "metadata stores",
            Self::ModelDeployer => "model deployers",
            Self::ExperimentTracker => "experiment trackers",
            Self::ModelRegistry => "model registries",
            Self::SecretsStore => "secrets stores",
            Self::Alerter => "alerters",
        }
    }

    /// Whether every stack has one: that of the name `default` when it names none.
    pub const fn is_required(self) -> bool {
        matches!(
            self,
            Self::Orchestrator | Self::ArtifactStore | Self::MetadataStore | Self::SecretsStore
        )
    }

    /// The variable of the environment that names the component to use: `ZEN_ARTIFACT_STORE`. With two underscores and a key after it,
    /// it sets a value: `ZEN_ARTIFACT_STORE__REGION`.
    pub fn variable(self) -> String {
        format!("ZEN_{}", self.as_str().to_ascii_uppercase())
    }
}

impl fmt::Display for ComponentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word is no type of components.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no component type `{word}`{}; there are: {}", did_you_mean(.near.as_deref()), known())]
pub struct UnknownComponentType {
    /// What was given.
    pub word: String,
    /// What was probably meant.
    pub near: Option<String>,
}

fn known() -> String {
    ComponentType::ALL.map(ComponentType::as_str).join(", ")
}

impl FromStr for ComponentType {
    type Err = UnknownComponentType;

    fn from_str(word: &str) -> Result<Self, UnknownComponentType> {
        let plain = word.trim().replace(['-', ' '], "_").to_ascii_lowercase();
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == plain);
        found.ok_or_else(|| UnknownComponentType {
            word: word.chars().take(100).collect(),
            near: crate::near::nearest(&plain, Self::ALL.map(Self::as_str)).map(str::to_owned),
        })
    }
}
