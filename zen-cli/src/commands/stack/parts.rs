//! The flags that name components of a stack.

use zen_core::stack::ComponentType;

/// The components of a stack, by the letters that ZenML has for them too.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Components")]
pub(crate) struct Parts {
    /// How and where steps are executed
    #[arg(long, short = 'o', value_name = "NAME")]
    orchestrator: Option<String>,
    /// Where artifacts are kept
    #[arg(long, short, value_name = "NAME")]
    artifact_store: Option<String>,
    /// Where runs are recorded
    #[arg(long, short, value_name = "NAME")]
    metadata_store: Option<String>,
    /// What puts models behind servers
    #[arg(long, short = 'd', value_name = "NAME")]
    model_deployer: Option<String>,
    /// What shows parameters and metrics elsewhere
    #[arg(long, short, value_name = "NAME")]
    experiment_tracker: Option<String>,
    /// Where models are published
    #[arg(long, value_name = "NAME")]
    model_registry: Option<String>,
    /// Where secrets are kept
    #[arg(long, short = 'x', value_name = "NAME")]
    secrets_store: Option<String>,
    /// What tells people
    #[arg(long, short = 'l', value_name = "NAME")]
    alerter: Option<String>,
}

impl Parts {
    /// The types that were named, with the names.
    pub(crate) fn named(self) -> Vec<(ComponentType, String)> {
        use ComponentType as Type;
        let all = [
            (Type::Orchestrator, self.orchestrator),
            (Type::ArtifactStore, self.artifact_store),
            (Type::MetadataStore, self.metadata_store),
            (Type::ModelDeployer, self.model_deployer),
            (Type::ExperimentTracker, self.experiment_tracker),
            (Type::ModelRegistry, self.model_registry),
            (Type::SecretsStore, self.secrets_store),
            (Type::Alerter, self.alerter),
        ];
        all.into_iter()
            .filter_map(|(kind, name)| Some((kind, name?)))
            .collect()
    }
}
