//! Experiments.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Client;
use crate::mlflow::MlflowError;

/// An experiment: a name under which runs are kept together.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Experiment {
    /// Its id.
    pub experiment_id: String,
    /// `active` or `deleted`.
    #[serde(default)]
    pub lifecycle_stage: String,
}

#[derive(Deserialize)]
struct Found {
    experiment: Experiment,
}

#[derive(Deserialize)]
struct Made {
    experiment_id: String,
}

impl Client {
    /// Whether the server answers, and lets this program ask: `GET experiments/search`.
    ///
    /// # Errors
    /// Why not.
    pub fn reach(&self) -> Result<(), MlflowError> {
        let _: Value = self.get("experiments/search", &[("max_results", "1")])?;
        Ok(())
    }

    /// The experiment of this name, deleted ones too: `GET experiments/get-by-name`.
    ///
    /// # Errors
    /// When the server can't be asked.
    pub fn experiment(&self, name: &str) -> Result<Option<Experiment>, MlflowError> {
        let found: Result<Found, _> = self.get("experiments/get-by-name", &[("experiment_name", name)]);
        match found {
            Ok(found) => Ok(Some(found.experiment)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The id of the experiment of this name, which is made when there is none: `POST experiments/create`.
    ///
    /// # Errors
    /// When it is deleted, the name is refused, or the server can't be asked.
    pub fn experiment_id(&self, name: &str) -> Result<String, MlflowError> {
        if let Some(found) = self.experiment(name)? {
            return active(name, found);
        }
        let made: Result<Made, _> = self.post("experiments/create", &json!({ "name": name }));
        match made {
            Ok(made) => Ok(made.experiment_id),
            // Somebody else was faster.
            Err(error) if error.is_taken() => match self.experiment(name)? {
                Some(found) => active(name, found),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

fn active(name: &str, experiment: Experiment) -> Result<String, MlflowError> {
    match experiment.lifecycle_stage == "deleted" {
        true => Err(MlflowError::ExperimentDeleted(name.to_owned())),
        false => Ok(experiment.experiment_id),
    }
}
