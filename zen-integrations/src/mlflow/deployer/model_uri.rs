//! Which model a URI means.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zen_core::artifact::Digest;

use super::MlflowServerError;

/// What a URI of MLflow's means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelUri {
    /// `models:/name@alias`.
    Alias {
        /// The registered model.
        name: String,
        /// The alias.
        alias: String,
    },
    /// `models:/name/3`.
    Version {
        /// The registered model.
        name: String,
        /// The version.
        version: String,
    },
    /// A folder of this machine.
    Folder(PathBuf),
    /// Whatever else MLflow can fetch, such as `runs:/id/path` or `s3://bucket/path`.
    Other(String),
}

/// The model that a URI means now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// A URI that means the same model at any later time.
    pub uri: String,
    /// The folder, when the model is one of this machine.
    pub folder: Option<PathBuf>,
    /// Identifies the model.
    pub digest: Digest,
}

/// Finds out which model a URI means now.
pub trait ModelUris {
    /// The model.
    ///
    /// # Errors
    /// When there is none, or it can't be found out.
    fn resolve(&self, uri: &str) -> Result<Resolved, MlflowServerError>;
}

impl ModelUri {
    /// Reads a URI; a relative folder begins in `project`.
    ///
    /// # Errors
    /// When it is none of a model.
    pub fn read(uri: &str, project: &Path) -> Result<Self, MlflowServerError> {
        let refuse = |reason: &str| MlflowServerError::Uri {
            uri: uri.to_owned(),
            reason: reason.to_owned(),
        };
        if uri.trim().is_empty() {
            return Err(refuse(
                "write `models:/name@alias`, `models:/name/3`, `runs:/id/path`, or a folder",
            ));
        }
        // It would be an argument of MLflow's that is none.
        if uri.starts_with('-') {
            return Err(refuse("it begins with `-`"));
        }
        if let Some(model) = uri.strip_prefix("models:/") {
            let model = model.trim_start_matches('/');
            let parts = match (model.split_once('@'), model.rsplit_once('/')) {
                (Some((name, alias)), _) => Some((name, alias, true)),
                (None, Some((name, version))) => Some((name, version, false)),
                (None, None) => None,
            };
            return match parts {
                // `models:/m-1234` is a model without a name.
                None if model.starts_with("m-") => Ok(Self::Other(uri.to_owned())),
                None => Err(refuse(
                    "say which version: `models:/name@alias` or `models:/name/3`",
                )),
                Some((name, rest, _)) if name.is_empty() || rest.is_empty() => {
                    Err(refuse("write `models:/name@alias` or `models:/name/3`"))
                }
                Some((name, alias, true)) => Ok(Self::Alias {
                    name: name.to_owned(),
                    alias: alias.to_owned(),
                }),
                Some((name, version, false)) if version.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Ok(Self::Version {
                        name: name.to_owned(),
                        version: version.to_owned(),
                    })
                }
                Some(_) => Err(refuse(
                    "the version is no number: for an alias, write `models:/name@alias`",
                )),
            };
        }
        let folder = match uri.split_once(':') {
            Some(("file", path)) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Some(path)
            }
            // A scheme has two letters or more.
            Some((scheme, _))
                if scheme.len() > 1
                    && scheme
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) =>
            {
                None
            }
            _ => Some(uri),
        };
        Ok(match folder {
            Some(folder) => Self::Folder(project.join(folder)),
            None => Self::Other(uri.to_owned()),
        })
    }
}

/// Identifies what a folder holds: the names of its files and what is in them.
pub(super) fn digest_of(folder: &Path) -> std::io::Result<Digest> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    let mut list = Vec::new();
    for file in files {
        let mut content = blake3::Hasher::new();
        content.update_reader(std::fs::File::open(&file)?)?;
        let name = file.strip_prefix(folder).unwrap_or(&file);
        list.extend_from_slice(name.as_os_str().as_encoded_bytes());
        // No name has this byte in it, and all digests have the same length.
        list.push(0);
        list.extend_from_slice(content.finalize().as_bytes());
    }
    Ok(Digest::of(&list))
}
