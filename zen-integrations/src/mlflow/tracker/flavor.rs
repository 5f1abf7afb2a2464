//! The flavour `mlflow` of experiment trackers.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use zen_core::secrets::Secret;
use zen_core::stack::{Flavor, Opened, Opening};
use zen_core::tracking::{ExperimentTracker, ExperimentTrackerKind};

use super::tracker::Tracker;
use crate::mlflow::config::{self, Access};

struct Mlflow;

#[derive(Deserialize, JsonSchema)]
struct Config {
    /// Where MLflow's server is: `https://mlflow.example.com`.
    tracking_uri: String,
    /// The experiment that gets the runs; without, each pipeline has its own, of the pipeline's name. It is made when there is none.
    experiment: Option<String>,
    /// The bearer token to sign in with.
    token: Option<Secret>,
    /// Who signs in, by basic authentication.
    username: Option<String>,
    /// The password of `username`.
    password: Option<Secret>,
    /// How long the end of a run waits at most for what isn't delivered yet, in seconds.
    #[serde(default = "ten")]
    flush_timeout: u16,
    /// How many values wait at most while the server is slow; those that come then are not delivered.
    #[serde(default = "hundred_thousand")]
    queue_size: usize,
    /// What metrics are called: `plain`, as the step called them, or `step`, with the step's name before: `trainer/loss`.
    #[serde(default)]
    metric_names: MetricNames,
}

/// What metrics are called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum MetricNames {
    #[default]
    Plain,
    Step,
}

fn ten() -> u16 {
    10
}

fn hundred_thousand() -> usize {
    100_000
}

impl Config {
    fn tracker(self) -> Opened<Tracker> {
        let access = Access {
            tracking_uri: self.tracking_uri,
            token: self.token,
            username: self.username,
            password: self.password,
        };
        Ok(Tracker {
            client: access.client()?,
            experiment: self.experiment.filter(|name| !name.is_empty()),
            flush_timeout: Duration::from_secs(self.flush_timeout.into()),
            queue_size: self.queue_size,
            names: self.metric_names,
        })
    }
}

impl Flavor for Mlflow {
    type Kind = ExperimentTrackerKind;
    type Config = Config;
    const NAME: &'static str = crate::mlflow::NAME;
    const DOC: &'static str =
        "MLflow's tracking server: shows parameters, metrics and chosen artifacts of runs.";

    /// Sends nothing yet: a server that is away for a while keeps no run from beginning.
    fn open(config: Config, _: &Opening<'_>) -> Opened<Arc<dyn ExperimentTracker>> {
        Ok(Arc::new(config.tracker()?))
    }

    fn location(config: &Config, _: &Opening<'_>) -> String {
        config::location(&config.tracking_uri)
    }

    fn check(config: Config, _: &Opening<'_>) -> Opened<()> {
        Ok(config.tracker()?.client.reach()?)
    }
}

zen_core::register_flavor!(Mlflow);
