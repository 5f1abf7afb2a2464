//! The flavour `mlflow` of model registries.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use zen_core::model_registry::{ModelRegistry, ModelRegistryKind};
use zen_core::secrets::Secret;
use zen_core::stack::{Flavor, Opened, Opening};

use super::registry::Registry;
use crate::mlflow::config::{self, Access};

struct Mlflow;

#[derive(Deserialize, JsonSchema)]
struct Config {
    /// Where MLflow's server is: `https://mlflow.example.com`.
    tracking_uri: String,
    /// The experiment that gets a run for each model that belongs to no tracked run: files of models belong to runs.
    #[serde(default = "models")]
    experiment: String,
    /// The bearer token to sign in with.
    token: Option<Secret>,
    /// Who signs in, by basic authentication.
    username: Option<String>,
    /// The password of `username`.
    password: Option<Secret>,
}

fn models() -> String {
    "zen models".to_owned()
}

impl Config {
    fn registry(self) -> Opened<Registry> {
        let access = Access {
            tracking_uri: self.tracking_uri,
            token: self.token,
            username: self.username,
            password: self.password,
        };
        Ok(Registry {
            client: access.client()?,
            experiment: self.experiment,
        })
    }
}

impl Flavor for Mlflow {
    type Kind = ModelRegistryKind;
    type Config = Config;
    const NAME: &'static str = crate::mlflow::NAME;
    const DOC: &'static str =
        "MLflow's model registry: publishes models as ONNX, by name, version and alias.";

    fn open(config: Config, _: &Opening<'_>) -> Opened<Arc<dyn ModelRegistry>> {
        Ok(Arc::new(config.registry()?))
    }

    fn location(config: &Config, _: &Opening<'_>) -> String {
        config::location(&config.tracking_uri)
    }

    fn check(config: Config, _: &Opening<'_>) -> Opened<()> {
        Ok(config.registry()?.client.reach()?)
    }
}

zen_core::register_flavor!(Mlflow);
