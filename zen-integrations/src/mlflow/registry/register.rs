//! Registering a model.

use std::time::{Duration, Instant};

use chrono::Utc;
use zen_core::model_registry::{DIGEST_TAG, ModelRegistry, ModelVersion, NewVersion, RegistryError};
use zen_core::stack::Stack;

use super::registry::{Registry, translated};
use crate::export::{ExportedOnnx, export};
use crate::mlflow::MlflowError;
use crate::mlflow::model_dir::ModelDir;
use crate::mlflow::rest::{NewModelVersion, NewRun, Run, RunStatus, StoredVersion, Tag};

/// How long a version may take to become ready; MLflow's own servers make it so at once.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How often it is asked for.
const ASK_EVERY: Duration = Duration::from_millis(200);

impl Registry {
    pub(super) fn publish(&self, stack: &Stack, version: &NewVersion) -> Result<ModelVersion, RegistryError> {
        let name = &version.name;
        let model = export(stack, &version.model).map_err(|error| RegistryError::Model {
            name: name.clone(),
            source: error.into(),
        })?;
        let doing = format!("to register the model `{name}`");
        let failed = self.failed(&doing);
        // A run of another server, or of another tracker than MLflow's, is none of this one's.
        let tracked = match &version.tracked_run {
            Some(id) => match self.client.run_of(id) {
                Err(error) if error.is_missing() => None,
                found => Some(found.map_err(&failed)?),
            },
            None => None,
        };
        let stored = match tracked {
            Some(run) => self.put(&run, version, &model).map_err(&failed)?,
            None => {
                let run = self.begin(version).map_err(&failed)?;
                let made = self.put(&run, version, &model);
                let status = match made {
                    Ok(_) => RunStatus::Finished,
                    Err(_) => RunStatus::Failed,
                };
                let ended = self.client.end_run(&run.run_id, status, Utc::now());
                // The version is there, whatever becomes of the run that holds its files.
                if let (Ok(_), Err(error)) = (&made, ended) {
                    tracing::warn!("the run of a registered model can't be ended: {error}");
                }
                made.map_err(&failed)?
            }
        };
        self.ready(&doing, stored).map(translated)
    }

    /// A run for the files of a model that belongs to no tracked run.
    fn begin(&self, version: &NewVersion) -> Result<Run, MlflowError> {
        let mut tags = vec![
            Tag::new("mlflow.source.type", "LOCAL"),
            Tag::new("zen.version", env!("CARGO_PKG_VERSION")),
        ];
        // Not the tag by which the tracker finds its own.
        if let Some(run) = version.run {
            tags.push(Tag::new("zen.registered_by", run.to_string()));
        }
        self.client.create_run(&NewRun {
            experiment_id: self.client.experiment_id(&self.experiment)?,
            run_name: version.name.chars().take(250).collect(),
            start_time: Utc::now().timestamp_millis(),
            tags,
        })
    }

    /// Puts the files there and makes the version.
    fn put(
        &self,
        run: &Run,
        version: &NewVersion,
        model: &ExportedOnnx,
    ) -> Result<StoredVersion, MlflowError> {
        // Another model of this name in the same run has a folder of its own; the same one is written over with what was there.
        let digest: String = model.digest().to_string().chars().take(12).collect();
        let folder = format!("{}-{digest}", word(&version.name));
        let place = self.client.place(&run.artifact_uri)?.join(&folder);
        for (file, bytes) in ModelDir::files(model) {
            self.client
                .upload(&place.join(&file), &mut &bytes[..], bytes.len() as u64)?;
        }
        self.client.ensure_model(&version.name)?;
        let mut tags: Vec<_> = version
            .tags
            .iter()
            .filter(|(key, _)| *key != DIGEST_TAG)
            .map(|(key, value)| Tag::new(key, value))
            .collect();
        tags.push(Tag::new(DIGEST_TAG, version.model.digest.to_string()));
        if let Some(id) = version.run {
            tags.push(Tag::new("zen.run_id", id.to_string()));
        }
        self.client.create_version(&NewModelVersion {
            name: version.name.clone(),
            source: format!("{}/{folder}", run.artifact_uri.trim_end_matches('/')),
            run_id: run.run_id.clone(),
            tags,
            description: version.description.clone(),
        })
    }

    /// Waits until the version can be used.
    fn ready(&self, doing: &str, mut stored: StoredVersion) -> Result<StoredVersion, RegistryError> {
        let begun = Instant::now();
        loop {
            match stored.status.as_str() {
                "PENDING_REGISTRATION" => {}
                "FAILED_REGISTRATION" => {
                    return Err(RegistryError::Refused {
                        location: self.location(),
                        doing: doing.to_owned(),
                        reason: match stored.status_message.as_str() {
                            "" => format!("version {} failed, without a reason", stored.version),
                            reason => format!("version {} failed: {reason}", stored.version),
                        },
                    });
                }
                _ => return Ok(stored),
            }
            if begun.elapsed() > READY_WITHIN {
                return Err(RegistryError::Unavailable {
                    location: self.location(),
                    reason: format!(
                        "version {} of `{}` is registered, but wasn't ready after {} s",
                        stored.version,
                        stored.name,
                        READY_WITHIN.as_secs()
                    ),
                });
            }
            // The server has no call that waits.
            std::thread::sleep(ASK_EVERY);
            stored = self.existing(doing, &stored.name, &stored.version)?;
        }
    }
}

/// A name as a part of a location that everybody can write.
fn word(name: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
    name.chars()
        .map(|char| if plain(char) { char } else { '_' })
        .take(100)
        .collect()
}
