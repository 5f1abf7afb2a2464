//! How a model is to be deployed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DeployError;
use crate::service::TokenSource;

/// How a model is to be deployed, whichever deployer does it.
///
/// ```
/// use std::time::Duration;
/// use zen_core::deploy::DeployConfig;
///
/// let config = DeployConfig::named("digits").port(8080).timeout(Duration::from_secs(30));
/// assert_eq!(config.model_name, "digits");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DeployConfig {
    /// The model's name, which clients use in URLs. Together with the pipeline and the step it says which server an update replaces.
    pub model_name: String,
    /// The address to listen on: this machine alone unless said otherwise.
    pub host: String,
    /// The port; 0 for any free one.
    pub port: u16,
    /// How long the start may take.
    pub timeout: Duration,
    /// How long open requests may take when the server stops or is replaced.
    pub drain: Duration,
    /// Replaces the server of the same pipeline, step and model name; else a further server is started.
    pub replace: bool,
    /// Deploys although the decision is against it when no server exists yet, so that one is available. Without, the service is only recorded,
    /// and is inactive.
    pub deploy_if_none: bool,
    /// Where the bearer token is found that clients have to send.
    pub token: Option<TokenSource>,
    /// Options of single flavours, by the flavour's name.
    pub options: BTreeMap<String, Value>,
}

/// Options that one flavour of deployers has beyond [`DeployConfig`].
pub trait FlavorOptions: Serialize + DeserializeOwned + Default {
    /// The flavour's name.
    const FLAVOR: &'static str;
}

impl Default for DeployConfig {
    /// For reading what an older program wrote; a configuration has a name.
    fn default() -> Self {
        Self::named("model")
    }
}

impl DeployConfig {
    /// A model of this name, with defaults for the rest: any free port of this machine alone, a minute to start.
    pub fn named(model_name: impl Into<String>) -> Self {
        Self {
            model_name: model_name.into(),
            host: "127.0.0.1".into(),
            port: 0,
            timeout: Duration::from_secs(60),
            drain: Duration::from_secs(30),
            replace: true,
            deploy_if_none: true,
            token: None,
            options: BTreeMap::new(),
        }
    }

    /// The address to listen on. `0.0.0.0` opens the server to the network: set a [`token_env`](Self::token_env) too then.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// A fixed port; it is an error when another program has it.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How long the start may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long open requests may take when the server stops or is replaced.
    #[must_use]
    pub fn drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }

    /// Whether the server of the same pipeline, step and model name is replaced (default), or a further one started.
    #[must_use]
    pub fn replace(mut self, replace: bool) -> Self {
        self.replace = replace;
        self
    }

    /// Whether to deploy although the decision is against it when no server exists yet (default yes).
    #[must_use]
    pub fn deploy_if_none(mut self, deploy: bool) -> Self {
        self.deploy_if_none = deploy;
        self
    }

    /// Clients have to send the token that this environment variable holds, which the server and its clients read when they start.
    #[must_use]
    pub fn token_env(mut self, variable: impl Into<String>) -> Self {
        self.token = Some(TokenSource::Env(variable.into()));
        self
    }

    /// Clients have to send the token that this file holds.
    #[must_use]
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        // The server's working directory is another one than its clients'.
        self.token = Some(TokenSource::File(std::path::absolute(&path).unwrap_or(path)));
        self
    }

    /// Clients have to send the token that this secret is, by `name.key`: the server and its clients find it in the environment
    /// (`ZEN_SECRET_<NAME>__<KEY>`) or in the file of the project's secrets.
    ///
    /// ```
    /// use zen_core::deploy::DeployConfig;
    ///
    /// let config = DeployConfig::named("digits").token_secret("digits-server.token");
    /// ```
    #[must_use]
    pub fn token_secret(mut self, reference: impl Into<String>) -> Self {
        self.token = Some(TokenSource::Secret(reference.into()));
        self
    }

    /// Options of a flavour; other flavours don't mind them.
    ///
    /// # Panics
    /// When the options can't be JSON, as those of zen's own flavours always can.
    #[must_use]
    pub fn with<O: FlavorOptions>(mut self, options: &O) -> Self {
        match serde_json::to_value(options) {
            Ok(value) => self.options.insert(O::FLAVOR.to_owned(), value),
            Err(error) => panic!("the options of `{}` can't be written: {error}", O::FLAVOR),
        };
        self
    }

    /// The options of a flavour, or its defaults.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn options_of<O: FlavorOptions>(&self) -> Result<O, DeployError> {
        let Some(value) = self.options.get(O::FLAVOR) else {
            return Ok(O::default());
        };
        O::deserialize(value).map_err(|error| DeployError::Options {
            model: self.model_name.clone(),
            flavor: O::FLAVOR,
            reason: error.to_string(),
        })
    }

    /// Refuses what no server could be called.
    pub(crate) fn check(&self) -> Result<(), DeployError> {
        let refuse = |reason: &str| {
            Err(DeployError::ModelName {
                name: self.model_name.chars().take(100).collect(),
                reason: reason.to_owned(),
            })
        };
        let name = &self.model_name;
        if name.is_empty() || name.len() > 200 {
            return refuse("it must have 1 to 200 characters");
        }
        if !name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            || name.starts_with('.')
        {
            return refuse(
                "it is a part of URLs: use letters, digits, `-`, `_` and `.`, and no `.` at its start",
            );
        }
        Ok(())
    }
}
