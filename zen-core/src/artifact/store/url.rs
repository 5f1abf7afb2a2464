//! The URLs of artifact stores.

use std::path::PathBuf;

use crate::artifact::ArtifactError;

/// A parsed artifact store URL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// `file:///folder`, or a plain path: a folder on this machine.
    File(PathBuf),
    /// `memory://`: in this process, gone with it.
    Memory,
}

impl StoreUrl {
    /// Parses `file://..`, `memory://` or a path.
    ///
    /// # Errors
    /// When the scheme is unknown ([`ArtifactError::Url`]) or belongs to a cargo feature that is off
    /// ([`ArtifactError::MissingFeature`]). Credentials in the URL are not repeated in the error.
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
        let missing = |feature| {
            Err(ArtifactError::MissingFeature {
                scheme: scheme.to_owned(),
                feature,
            })
        };
        match scheme {
            "file" if rest.starts_with('/') => Ok(Self::File(PathBuf::from(rest))),
            "file" => Err(ArtifactError::Url {
                url: url.to_owned(),
                reason: "a file URL holds an absolute path, as in `file:///data/artifacts`".into(),
            }),
            "memory" => Ok(Self::Memory),
            "s3" | "s3a" => missing("s3"),
            "gs" => missing("gs"),
            "az" | "azure" | "abfs" | "abfss" => missing("az"),
            _ => Err(ArtifactError::Url {
                url: format!("{scheme}://.."),
                reason: "known schemes are file, memory, s3, gs and az".into(),
            }),
        }
    }
}
