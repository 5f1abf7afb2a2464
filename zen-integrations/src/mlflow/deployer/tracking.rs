//! The tracking server that knows registered models.

use std::ffi::OsString;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zen_core::artifact::Digest;
use zen_core::secrets::{Secret, Secrets};
use zen_core::service::{Token, TokenSource};

use super::model_uri::{ModelUri, ModelUris, Resolved, digest_of};
use super::{MlflowOptions, MlflowServerError};
use crate::mlflow::rest::{Auth, Client, StoredVersion, TrackingUri};
use crate::mlflow::{MlflowError, ModelDir};

/// Where a tracking server is, and where the credentials for it are found: never the credentials themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Tracking {
    uri: Option<String>,
    token: Option<TokenSource>,
    username: Option<TokenSource>,
    password: Option<TokenSource>,
}

/// Credentials that were read.
pub(super) struct Credentials {
    token: Option<Token>,
    username: Option<Token>,
    password: Option<Token>,
}

impl Tracking {
    pub(super) fn of(options: &MlflowOptions) -> Self {
        Self {
            uri: options.tracking_uri.clone(),
            token: options.token.clone(),
            username: options.username.clone(),
            password: options.password.clone(),
        }
    }

    pub(super) fn credentials(&self, secrets: &Secrets) -> Result<Credentials, MlflowServerError> {
        let read = |what, source: &Option<TokenSource>| {
            let token = source
                .as_ref()
                .map(|source| source.read_with(secrets))
                .transpose();
            token.map_err(|source| MlflowServerError::Credential { what, source })
        };
        Ok(Credentials {
            token: read("token", &self.token)?,
            username: read("username", &self.username)?,
            password: read("password", &self.password)?,
        })
    }

    /// The variables by which MLflow's own programs know the server.
    pub(super) fn variables(&self, credentials: &Credentials) -> Vec<(&'static str, OsString)> {
        let shown = |token: &Option<Token>| token.as_ref().map(|token| token.reveal().to_owned());
        let all = [
            ("MLFLOW_TRACKING_URI", self.uri.clone()),
            ("MLFLOW_TRACKING_TOKEN", shown(&credentials.token)),
            ("MLFLOW_TRACKING_USERNAME", shown(&credentials.username)),
            ("MLFLOW_TRACKING_PASSWORD", shown(&credentials.password)),
        ];
        let set = all
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.into())));
        set.collect()
    }
}

/// Looks models up at a tracking server, or on this machine.
pub(super) struct Lookup<'a> {
    pub(super) tracking: &'a Tracking,
    pub(super) credentials: Credentials,
    pub(super) project: &'a Path,
}

impl ModelUris for Lookup<'_> {
    fn resolve(&self, uri: &str) -> Result<Resolved, MlflowServerError> {
        match ModelUri::read(uri, self.project)? {
            ModelUri::Alias { name, alias } => {
                self.registered(uri, |client| client.version_by_alias(&name, &alias))
            }
            ModelUri::Version { name, version } => {
                self.registered(uri, |client| client.version(&name, &version))
            }
            ModelUri::Folder(folder) => {
                // What can't be served is said now.
                let dir = ModelDir::open(&folder)?;
                let digest = digest_of(dir.path()).map_err(|source| MlflowServerError::Process {
                    what: "reading the model's folder",
                    source,
                })?;
                Ok(Resolved {
                    uri: folder.display().to_string(),
                    folder: Some(folder),
                    digest,
                })
            }
            // A run's files stay what they are. What is elsewhere may be another model by now: it is fetched with every deployment.
            ModelUri::Other(uri) => {
                let is_fixed = uri.starts_with("runs:") || uri.starts_with("models:");
                let once = (!is_fixed).then(|| uuid::Uuid::now_v7().to_string());
                Ok(Resolved {
                    digest: Digest::of(format!("{uri}\n{}", once.unwrap_or_default()).as_bytes()),
                    folder: None,
                    uri,
                })
            }
        }
    }
}

impl Lookup<'_> {
    /// A registered model's version, as `find` finds it.
    fn registered(
        &self,
        uri: &str,
        find: impl FnOnce(&Client) -> Result<Option<StoredVersion>, MlflowError>,
    ) -> Result<Resolved, MlflowServerError> {
        let Some(server) = &self.tracking.uri else {
            return Err(MlflowServerError::Setting {
                setting: "`tracking_uri`",
                reason: format!(
                    "the model `{uri}` is known to a tracking server: say which with `MlflowOptions::tracking_uri`, \
                     the component's key `tracking_uri`, or MLFLOW_TRACKING_URI"
                ),
            });
        };
        let failed = |source| MlflowServerError::Lookup {
            uri: uri.to_owned(),
            server: server.clone(),
            source: Box::new(source),
        };
        let found = TrackingUri::parse(server)
            .map(|parsed| Client::new(parsed, self.credentials.auth()))
            .and_then(|client| find(&client))
            .map_err(failed)?;
        let Some(version) = found else {
            return Err(MlflowServerError::Unknown {
                uri: uri.to_owned(),
                server: server.clone(),
            });
        };
        let identity = [
            server.as_str(),
            &version.name,
            &version.version,
            &version.source,
            &version.run_id,
        ];
        Ok(Resolved {
            uri: format!("models:/{}/{}", version.name, version.version),
            folder: None,
            digest: Digest::of(identity.join("\n").as_bytes()),
        })
    }
}

impl Credentials {
    fn auth(&self) -> Auth {
        let secret = |token: &Token| Secret::new(token.reveal());
        match (&self.token, &self.username, &self.password) {
            (Some(token), ..) => Auth::Token(secret(token)),
            (None, Some(username), Some(password)) => Auth::Password {
                username: username.reveal().to_owned(),
                password: secret(password),
            },
            _ => Auth::None,
        }
    }
}
