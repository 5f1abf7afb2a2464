//! Versions of registered models.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Client, Tag};
use crate::mlflow::MlflowError;

/// How many versions are asked for at once.
const PAGE: &str = "1000";

/// A version to make.
#[derive(Debug, Clone, Serialize)]
pub struct NewModelVersion {
    /// The model's name.
    pub name: String,
    /// Where its files are.
    pub source: String,
    /// The run whose artifacts they are.
    pub run_id: String,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A version of a registered model.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct StoredVersion {
    /// The model's name.
    pub name: String,
    /// Its number.
    pub version: String,
    /// When it was made, in milliseconds.
    #[serde(default)]
    pub creation_timestamp: i64,
    /// What people should know of it.
    #[serde(default)]
    pub description: String,
    /// Where its files are.
    #[serde(default)]
    pub source: String,
    /// The run that made it.
    #[serde(default)]
    pub run_id: String,
    /// `READY`, `PENDING_REGISTRATION` or `FAILED_REGISTRATION`.
    #[serde(default)]
    pub status: String,
    /// Why it failed.
    #[serde(default)]
    pub status_message: String,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Its aliases; a list of versions doesn't tell them.
    #[serde(default)]
    pub aliases: Vec<String>,
}

#[derive(Deserialize)]
struct One {
    model_version: StoredVersion,
}

#[derive(Deserialize)]
struct Many {
    #[serde(default)]
    model_versions: Vec<StoredVersion>,
    #[serde(default)]
    next_page_token: String,
}

#[derive(Deserialize)]
struct Download {
    artifact_uri: String,
}

impl Client {
    /// Makes the next version of a model: `POST model-versions/create`.
    ///
    /// # Errors
    /// When it is refused, or the server can't be asked.
    pub fn create_version(&self, version: &NewModelVersion) -> Result<StoredVersion, MlflowError> {
        let made: One = self.post("model-versions/create", version)?;
        Ok(made.model_version)
    }

    /// A version: `GET model-versions/get`.
    ///
    /// # Errors
    /// When the server can't be asked.
    pub fn version(&self, name: &str, version: &str) -> Result<Option<StoredVersion>, MlflowError> {
        // MLflow counts versions; of what is no number it says more than that there is none.
        if version.is_empty() || version.len() > 9 || !version.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let found: Result<One, _> = self.get("model-versions/get", &[("name", name), ("version", version)]);
        match found {
            Ok(found) => Ok(Some(found.model_version)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All versions of a model, the newest first: `GET model-versions/search`.
    ///
    /// # Errors
    /// When the server can't be asked.
    pub fn versions(&self, name: &str) -> Result<Vec<StoredVersion>, MlflowError> {
        let quote = if name.contains('\'') { '"' } else { '\'' };
        let filter = format!("name = {quote}{name}{quote}");
        let mut versions = Vec::new();
        let mut token = String::new();
        loop {
            let mut query = vec![
                ("filter", filter.as_str()),
                ("max_results", PAGE),
                ("order_by", "version_number DESC"),
            ];
            if !token.is_empty() {
                query.push(("page_token", &token));
            }
            let found: Many = self.get("model-versions/search", &query)?;
            versions.extend(found.model_versions);
            if found.next_page_token.is_empty() || found.next_page_token == token {
                return Ok(versions);
            }
            token = found.next_page_token;
        }
    }

    /// Sets a tag of a version: `POST model-versions/set-tag`.
    ///
    /// # Errors
    /// When there is no such version, the tag is refused, or the server can't be asked.
    pub fn set_version_tag(&self, name: &str, version: &str, tag: &Tag) -> Result<(), MlflowError> {
        let body = json!({ "name": name, "version": version, "key": tag.key, "value": tag.value });
        let _: Value = self.post("model-versions/set-tag", &body)?;
        Ok(())
    }

    /// Removes a tag of a version: `DELETE model-versions/delete-tag`. Nothing happens when there is none.
    ///
    /// # Errors
    /// When there is no such version, or the server can't be asked.
    pub fn delete_version_tag(&self, name: &str, version: &str, key: &str) -> Result<(), MlflowError> {
        let body = json!({ "name": name, "version": version, "key": key });
        let _: Value = self.delete("model-versions/delete-tag", &body)?;
        Ok(())
    }

    /// Where a version's files are: `GET model-versions/get-download-uri`.
    ///
    /// # Errors
    /// When there is no such version, or the server can't be asked.
    pub fn download_uri(&self, name: &str, version: &str) -> Result<String, MlflowError> {
        let query = [("name", name), ("version", version)];
        let found: Download = self.get("model-versions/get-download-uri", &query)?;
        Ok(found.artifact_uri)
    }

    /// Where the artifacts of a model of its own (MLflow 3) are: `GET logged-models/<id>`.
    pub(super) fn logged_model_uri(&self, id: &str) -> Result<String, MlflowError> {
        #[derive(Deserialize)]
        struct Found {
            model: Model,
        }
        #[derive(Deserialize)]
        struct Model {
            info: Info,
        }
        #[derive(Deserialize)]
        struct Info {
            artifact_uri: String,
        }
        let path = format!("logged-models/{}", super::uri::encoded(id, b""));
        let found: Found = self.get(&path, &[])?;
        Ok(found.model.info.artifact_uri)
    }
}
