//! What can be set of MLflow's server.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zen_core::deploy::FlavorOptions;
use zen_core::service::TokenSource;

use super::MlflowServerError;
use crate::native::{AccessLog, NativeOptions};

/// What can be set of MLflow's server. What a deployment leaves open comes from the component's configuration, whose keys are the fields:
///
/// ```toml
/// [components.model_deployer.mlflow]
/// flavor = "mlflow"
/// executable = "/opt/mlflow/bin/mlflow"
/// workers = 2
/// ```
///
/// ```
/// use zen_core::deploy::DeployConfig;
/// use zen_integrations::mlflow::MlflowOptions;
///
/// let config = DeployConfig::named("digits").with(&MlflowOptions::default().workers(2).request_timeout(10));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct MlflowOptions {
    /// MLflow's executable: a name that is looked for in the folders of `PATH`, or a path. `mlflow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executable: Option<String>,
    /// How many processes predict. 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<usize>,
    /// How long a prediction may take, in seconds (504). 60.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("unit" = "s"))]
    pub request_timeout: Option<u64>,
    /// The model to serve in place of the artifact: `models:/name@alias`, `models:/name/3`, `runs:/id/path`, or a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_uri: Option<String>,
    /// The tracking server that knows the model (else `MLFLOW_TRACKING_URI`), without credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_uri: Option<String>,
    /// Where the bearer token for the tracking server is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenSource>,
    /// Where the name for the tracking server is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<TokenSource>,
    /// Where the password for the tracking server is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<TokenSource>,
    /// How many rows of requests that wait are predicted in one call, at most. 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_batch_rows: Option<usize>,
    /// How many requests may wait; more are refused (429). 1,024.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<usize>,
    /// The largest body of a request, in bytes (413). 64 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_limit: Option<usize>,
    /// How many bytes of requests' bodies are held at once (429). 256 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_limit: Option<usize>,
    /// Which requests are logged. The failed ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_log: Option<AccessLog>,
}

impl FlavorOptions for MlflowOptions {
    const FLAVOR: &'static str = "mlflow";
}

macro_rules! setters {
    ($($(#[doc = $doc:literal])* $field:ident: $type:ty),* $(,)?) => {
        impl MlflowOptions {
            $($(#[doc = $doc])*
            #[must_use]
            pub fn $field(mut self, $field: $type) -> Self {
                self.$field = Some($field);
                self
            })*

            /// These, and in place of what they leave open what the others say.
            #[must_use]
            pub fn or(self, others: Self) -> Self {
                Self {
                    $($field: self.$field.or(others.$field),)*
                    executable: self.executable.or(others.executable),
                    model_uri: self.model_uri.or(others.model_uri),
                    tracking_uri: self.tracking_uri.or(others.tracking_uri),
                }
            }
        }
    };
}

setters! {
    /// Sets how many processes predict.
    workers: usize,
    /// Sets how long a prediction may take, in seconds.
    request_timeout: u64,
    /// Sets where the bearer token for the tracking server is found.
    token: TokenSource,
    /// Sets where the name for the tracking server is found.
    username: TokenSource,
    /// Sets where the password for the tracking server is found.
    password: TokenSource,
    /// Sets how many rows are predicted in one call.
    max_batch_rows: usize,
    /// Sets how many requests may wait.
    queue: usize,
    /// Sets the largest body, in bytes.
    body_limit: usize,
    /// Sets how many bytes of bodies are held at once.
    memory_limit: usize,
    /// Sets which requests are logged.
    access_log: AccessLog,
}

impl MlflowOptions {
    /// Sets MLflow's executable: a name, or a path.
    #[must_use]
    pub fn executable(mut self, executable: impl Into<String>) -> Self {
        self.executable = Some(executable.into());
        self
    }

    /// Serves this model in place of the artifact.
    #[must_use]
    pub fn model_uri(mut self, model_uri: impl Into<String>) -> Self {
        self.model_uri = Some(model_uri.into());
        self
    }

    /// Sets the tracking server.
    #[must_use]
    pub fn tracking_uri(mut self, tracking_uri: impl Into<String>) -> Self {
        self.tracking_uri = Some(tracking_uri.into());
        self
    }

    /// Refuses what can't be.
    pub(super) fn check(&self) -> Result<(), MlflowServerError> {
        let refuse = |setting, reason: &str| {
            Err(MlflowServerError::Setting {
                setting,
                reason: reason.to_owned(),
            })
        };
        if self.workers == Some(0) {
            return refuse("`workers`", "it must be 1 or more");
        }
        if self.request_timeout == Some(0) {
            return refuse("`request_timeout`", "it must be 1 second or more");
        }
        if self.username.is_some() != self.password.is_some() {
            return refuse("`username` and `password`", "one needs the other");
        }
        // What is recorded must hold no secrets.
        for (setting, uri, instead) in [
            (
                "`tracking_uri`",
                &self.tracking_uri,
                "say where they are found with `username` and `password`",
            ),
            (
                "`model_uri`",
                &self.model_uri,
                "give them to MLflow in the environment",
            ),
        ] {
            let authority = uri.as_deref().and_then(|uri| uri.split_once("://"));
            if authority.is_some_and(|(_, rest)| rest.split('/').next().unwrap_or_default().contains('@')) {
                return refuse(setting, &format!("it has credentials in it: {instead}"));
            }
        }
        Ok(())
    }

    /// How many processes predict.
    pub(super) fn worker_count(&self) -> usize {
        self.workers.unwrap_or(1)
    }

    /// How long a prediction may take.
    pub(super) fn prediction_time(&self) -> Duration {
        Duration::from_secs(self.request_timeout.unwrap_or(60))
    }

    /// The options of the server in front.
    pub(super) fn front(&self) -> NativeOptions {
        let mut front = NativeOptions::default()
            .request_timeout(self.prediction_time())
            .model_threads(self.worker_count());
        front.max_batch_rows = self.max_batch_rows.unwrap_or(front.max_batch_rows);
        front.queue = self.queue.unwrap_or(front.queue);
        front.body_limit = self.body_limit.unwrap_or(front.body_limit);
        front.memory_limit = self.memory_limit.unwrap_or(front.memory_limit);
        front.access_log = self.access_log.unwrap_or(front.access_log);
        front
    }
}
