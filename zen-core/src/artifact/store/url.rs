//! The URLs of artifact stores.

use std::fmt;
use std::path::PathBuf;

use crate::artifact::ArtifactError;

/// A parsed artifact store URL.
///
/// A URL says where objects are and nothing else: it is recorded with every artifact and shown in messages. Credentials and endpoints
/// come from the environment, or are given to [`ArtifactStore::open_with`](crate::artifact::ArtifactStore::open_with).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// `file:///folder`, or a plain path: a folder on this machine.
    File(PathBuf),
    /// `memory://`: in this process, gone with it.
    Memory,
    /// `s3://bucket/prefix` (also `s3a`): Amazon S3, and what speaks its protocol (cargo feature `s3`).
    S3 {
        /// The bucket.
        bucket: String,
        /// What all keys begin with, without slashes around it; may be empty.
        prefix: String,
    },
    /// `gs://bucket/prefix`: Google Cloud Storage (cargo feature `gs`).
    Gs {
        /// The bucket.
        bucket: String,
        /// What all keys begin with, without slashes around it; may be empty.
        prefix: String,
    },
    /// `az://container/prefix` (also `azure`, `abfs`, `abfss`): Azure Blob Storage (cargo feature `az`).
    Az {
        /// The container.
        container: String,
        /// The account's host, when the URL names it: `abfss://container@account.dfs.core.windows.net/prefix`.
        host: Option<String>,
        /// What all keys begin with, without slashes around it; may be empty.
        prefix: String,
    },
}

/// The hosts whose first label is an Azure account.
const AZURE_HOSTS: [&str; 4] = [
    ".dfs.core.windows.net",
    ".blob.core.windows.net",
    ".dfs.fabric.microsoft.com",
    ".blob.fabric.microsoft.com",
];

impl StoreUrl {
    /// Parses `file://..`, `memory://`, `s3://..`, `gs://..`, `az://..` or a path.
    ///
    /// # Errors
    /// When the scheme is unknown or the URL holds what doesn't belong there, as credentials ([`ArtifactError::Url`]), or when its scheme
    /// belongs to a cargo feature that is off ([`ArtifactError::MissingFeature`]). Credentials in the URL are not repeated in the error.
    pub fn parse(url: &str) -> Result<Self, ArtifactError> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return match url {
                "" => Err(ArtifactError::Url {
                    url: String::new(),
                    reason: "it is empty".into(),
                }),
                path => Ok(Self::File(PathBuf::from(path))),
            };
        };
        let needs = |feature, on| match on {
            true => Ok(()),
            false => Err(ArtifactError::MissingFeature {
                scheme: scheme.to_owned(),
                feature,
            }),
        };
        match scheme {
            "file" if rest.starts_with('/') => Ok(Self::File(PathBuf::from(rest))),
            "file" => Err(refused(
                scheme,
                "a file URL holds an absolute path, as in `file:///data/artifacts`",
            )),
            "memory" => Ok(Self::Memory),
            "s3" | "s3a" => {
                needs("s3", cfg!(feature = "s3"))?;
                let (bucket, prefix) = place(scheme, rest, "AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL ..")?;
                Ok(Self::S3 { bucket, prefix })
            }
            "gs" => {
                needs("gs", cfg!(feature = "gs"))?;
                let (bucket, prefix) = place(scheme, rest, "GOOGLE_APPLICATION_CREDENTIALS ..")?;
                Ok(Self::Gs { bucket, prefix })
            }
            "az" | "azure" | "abfs" | "abfss" => {
                needs("az", cfg!(feature = "az"))?;
                let (rest, host) = match rest.split_once('@') {
                    Some((container, rest)) => {
                        let (host, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                        if is_azure(host) {
                            (format!("{container}/{prefix}"), Some(host.to_owned()))
                        } else {
                            (format!("{container}@"), None)
                        }
                    }
                    None => (rest.to_owned(), None),
                };
                let variables = "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY ..";
                let (container, prefix) = place(scheme, &rest, variables)?;
                Ok(Self::Az {
                    container,
                    host,
                    prefix,
                })
            }
            _ => Err(refused(scheme, "known schemes are file, memory, s3, gs and az")),
        }
    }

    /// Which variables of the environment hold the credentials.
    #[cfg(feature = "__cloud")]
    pub(super) fn credentials(&self) -> &'static str {
        match self {
            Self::S3 { .. } => "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN)",
            Self::Gs { .. } => "GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT",
            Self::Az { .. } => {
                "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN"
            }
            Self::File(_) | Self::Memory => "none",
        }
    }
}

/// The URL in one form for each place, as it is recorded.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self {
            Self::File(folder) => return write!(f, "file://{}", folder.display()),
            Self::Memory => return f.write_str("memory://"),
            Self::S3 { bucket, prefix } => {
                write!(f, "s3://{bucket}")?;
                prefix
            }
            Self::Gs { bucket, prefix } => {
                write!(f, "gs://{bucket}")?;
                prefix
            }
            Self::Az {
                container,
                host: Some(host),
                prefix,
            } => {
                write!(f, "abfss://{container}@{host}")?;
                prefix
            }
            Self::Az {
                container, prefix, ..
            } => {
                write!(f, "az://{container}")?;
                prefix
            }
        };
        match prefix.as_str() {
            "" => Ok(()),
            prefix => write!(f, "/{prefix}"),
        }
    }
}

/// An error that repeats nothing of the URL but its scheme: what else there is may be secret.
fn refused(scheme: &str, reason: impl Into<String>) -> ArtifactError {
    ArtifactError::Url {
        url: format!("{scheme}://.."),
        reason: reason.into(),
    }
}

fn is_azure(host: &str) -> bool {
    let account = AZURE_HOSTS.iter().find_map(|end| host.strip_suffix(end));
    account.is_some_and(|account| !account.is_empty() && account.chars().all(is_plain))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

/// Splits a bucket from a prefix.
fn place(scheme: &str, rest: &str, variables: &str) -> Result<(String, String), ArtifactError> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.contains([':', '@', '?', '#']) || prefix.contains(['@', '?', '#']) {
        return Err(refused(
            scheme,
            format!(
                "it holds more than a bucket and a prefix: credentials, tokens and hosts belong into the environment ({variables}), \
                 never into a URL, which is recorded"
            ),
        ));
    }
    if bucket.is_empty() || !bucket.chars().all(|c| is_plain(c) || c == '$') {
        return Err(refused(
            scheme,
            format!("it names no bucket, as in `{scheme}://bucket/prefix`"),
        ));
    }
    let prefix = prefix.trim_matches('/');
    let good = |part: &str| {
        !matches!(part, "" | "." | "..") && part.chars().all(|c| is_plain(c) || "=+,~".contains(c))
    };
    if !prefix.is_empty() && !prefix.split('/').all(good) {
        return Err(refused(
            scheme,
            "the parts of its prefix may hold letters, digits and `-_.=+,~`, and none is empty, `.` or `..`",
        ));
    }
    Ok((bucket.to_owned(), prefix.to_owned()))
}

// Of builds without the features only; those with all of them are tested from outside.
#[cfg(all(test, not(feature = "__cloud")))]
mod tests {
    use super::*;

    #[test]
    fn a_feature_that_is_off_is_named() {
        for (url, named) in [
            ("s3://user:HIDDEN@bucket", "feature `s3`"),
            ("s3a://bucket", "feature `s3`"),
            ("gs://bucket", "feature `gs`"),
            ("az://container", "feature `az`"),
            ("abfss://c@account.dfs.core.windows.net", "feature `az`"),
        ] {
            let error = StoreUrl::parse(url).unwrap_err();
            assert!(matches!(error, ArtifactError::MissingFeature { .. }));
            let text = error.to_string();
            assert!(text.contains(named) && !text.contains("HIDDEN"), "{text}");
        }
    }
}
