//! Where artifacts are.

use std::path::{Path, PathBuf};

use super::{Client, TrackingUri};
use crate::mlflow::MlflowError;

/// A folder of artifacts that can be written and read from here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A server hands them out and takes them.
    Served {
        /// The server.
        server: TrackingUri,
        /// The path below its root of artifacts.
        path: String,
    },
    /// A folder of this machine.
    Local(PathBuf),
}

impl Place {
    /// The place within this one; `path` has `/` between its parts.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        match self {
            Self::Served { server, path: root } => Self::Served {
                server: server.clone(),
                path: match root.is_empty() {
                    true => path.to_owned(),
                    false => format!("{root}/{path}"),
                },
            },
            Self::Local(root) => Self::Local(path.split('/').fold(root.clone(), |at, part| at.join(part))),
        }
    }
}

impl Client {
    /// The place that a location of artifacts names: `mlflow-artifacts:` with or without a host; a path of this machine when there is such a folder; `runs:`
    /// and `models:/m-..`, which the server knows to resolve.
    ///
    /// # Errors
    /// When it can't be reached from here, or the server can't be asked.
    pub fn place(&self, uri: &str) -> Result<Place, MlflowError> {
        if let Some(rest) = uri.strip_prefix("runs:/") {
            let (run, path) = rest.trim_start_matches('/').split_once('/').unwrap_or((rest, ""));
            let root = self.run_of(run)?.artifact_uri;
            return Ok(within(self.stored(&root)?, path));
        }
        if let Some(rest) = uri.strip_prefix("models:/").filter(|rest| rest.starts_with("m-")) {
            let (model, path) = rest.split_once('/').unwrap_or((rest, ""));
            let root = self.logged_model_uri(model)?;
            return Ok(within(self.stored(&root)?, path));
        }
        self.stored(uri)
    }

    fn stored(&self, uri: &str) -> Result<Place, MlflowError> {
        let elsewhere = |reason: &str| MlflowError::Artifacts {
            uri: without_credentials(uri),
            reason: reason.to_owned(),
        };
        if let Some(rest) = uri.strip_prefix("mlflow-artifacts:") {
            let (server, path) = match rest.strip_prefix("//") {
                Some(rest) if !rest.starts_with('/') => {
                    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
                    let server = self
                        .uri()
                        .at(host)
                        .map_err(|_| elsewhere("the host in it can't be used"))?;
                    (server, path)
                }
                rest => (self.uri().clone(), rest.unwrap_or(rest_of(uri))),
            };
            return Ok(Place::Served {
                server,
                path: path.trim_matches('/').to_owned(),
            });
        }
        let path = match uri.split_once(':') {
            Some(("file", rest)) => PathBuf::from(decoded(rest.strip_prefix("//").unwrap_or(rest))),
            // One letter is a drive.
            Some((scheme, _))
                if scheme.len() > 1
                    && scheme
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) =>
            {
                return Err(elsewhere(
                    "zen writes and reads them through MLflow's server only",
                ));
            }
            _ => PathBuf::from(uri),
        };
        match path.is_absolute() && exists(&path) {
            true => Ok(Place::Local(path)),
            false => Err(elsewhere("there is no such folder on this machine")),
        }
    }
}

fn rest_of(uri: &str) -> &str {
    uri.split_once(':').map_or(uri, |(_, rest)| rest)
}

fn within(place: Place, path: &str) -> Place {
    match path.trim_matches('/') {
        "" => place,
        path => place.join(path),
    }
}

/// Whether the folder is there, or could be made in one that MLflow made: the folder of a run is made with its first file.
fn exists(path: &Path) -> bool {
    path.ancestors().take(3).any(Path::is_dir)
}

/// `s3://key:secret@bucket` may be somebody's way of configuring a store.
fn without_credentials(uri: &str) -> String {
    match uri.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..end]
                .rsplit_once('@')
                .map_or(&rest[..end], |(_, host)| host);
            format!("{scheme}://{host}{}", &rest[end..])
        }
        None => uri.to_owned(),
    }
}

/// The path of a `file:` URI without its percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let hex = others
            .get(..2)
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &others[2..];
            }
            _ => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::Auth;
    use super::*;

    fn place(uri: &str) -> Result<Place, MlflowError> {
        let server = TrackingUri::parse("https://ml.example.com/base").unwrap();
        Client::new(server, Auth::None).place(uri)
    }

    #[test]
    fn served() {
        for (uri, server, path) in [
            (
                "mlflow-artifacts:/1/r/artifacts",
                "https://ml.example.com/base",
                "1/r/artifacts",
            ),
            ("mlflow-artifacts:///1/r", "https://ml.example.com/base", "1/r"),
            ("mlflow-artifacts://other/1/r/", "https://other/base", "1/r"),
            ("mlflow-artifacts://other:81/1", "https://other:81/base", "1"),
            ("mlflow-artifacts:/", "https://ml.example.com/base", ""),
        ] {
            let Place::Served {
                server: found,
                path: at,
            } = place(uri).unwrap()
            else {
                panic!("{uri} is served");
            };
            assert_eq!((found.to_string().as_str(), at.as_str()), (server, path), "{uri}");
        }
    }

    #[test]
    fn local_only_when_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("a b");
        let text = run.display().to_string();
        assert_eq!(place(&text).unwrap(), Place::Local(run.clone()));
        let uri = format!("file://{}", text.replace(' ', "%20"));
        assert_eq!(place(&uri).unwrap().join("x/y"), Place::Local(run.join("x/y")));
        for uri in [
            "s3://me:hunter2@bucket/1",
            "gs://b",
            "/no/such/folder/at/all/of/it",
            "relative",
            "hdfs:/x",
        ] {
            let error = place(uri).unwrap_err().to_string();
            assert!(
                error.contains("--serve-artifacts") && !error.contains("hunter2"),
                "{error}"
            );
        }
    }
}
