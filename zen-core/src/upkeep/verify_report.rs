//! What a check of everything that is kept has found.

use std::fmt;

use uuid::Uuid;

use crate::artifact::{Digest, ObjectContent};
use crate::metadata::StoredObject;

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerifyProgress {
    /// Objects read.
    pub checked: u64,
    /// Objects to be read.
    pub total: u64,
    /// Bytes read.
    pub bytes: u64,
}

impl fmt::Display for VerifyProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} objects, {} bytes",
            self.checked, self.total, self.bytes
        )
    }
}

/// What is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// It isn't there.
    Missing,
    /// Its bytes are others than those that were written.
    Damaged(ObjectContent),
    /// It is there and can't be read, for this reason.
    Unreadable(String),
}

/// An object that is not as it should be, and an artifact version whose content it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub found: Found,
    /// Where the object is or should be.
    pub uri: String,
    /// The digest it should have.
    pub digest: Digest,
    /// The size it should have.
    pub size: u64,
    /// The artifact's name.
    pub artifact: String,
    /// The artifact's version.
    pub version: u32,
    /// The run that made it.
    pub run: Option<Uuid>,
    /// How many artifact versions have this content.
    pub versions: u64,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (artifact, version, uri) = (&self.artifact, self.version, &self.uri);
        match &self.found {
            Found::Missing => write!(
                f,
                "missing: artifact `{artifact}` version {version}: there is no {uri}"
            )?,
            Found::Damaged(content) => write!(
                f,
                "damaged: artifact `{artifact}` version {version}: {uri} has {} bytes with digest {}, not {} with {}",
                content.size, content.digest, self.size, self.digest
            )?,
            Found::Unreadable(reason) => write!(
                f,
                "unreadable: artifact `{artifact}` version {version}: {uri}: {reason}"
            )?,
        }
        if let Some(run) = self.run {
            write!(f, " (made by run {run})")?;
        }
        if self.versions > 1 {
            write!(f, ", and {} more with the same content", self.versions - 1)?;
        }
        Ok(())
    }
}

/// What [`Client::verify`](crate::client::Client::verify) found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct VerifyReport {
    /// Objects read.
    pub checked: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Objects that are missing, damaged, or can't be read.
    pub findings: Vec<Finding>,
    /// Objects of the artifact store that nothing refers to: left by programs that were killed, or just being stored by one that runs. They do no
    /// harm; [`PrunePolicy::with_unreferenced_objects`](super::PrunePolicy::with_unreferenced_objects) removes them.
    pub unreferenced: Vec<StoredObject>,
    /// What is wrong with the metadata store itself.
    pub metadata: Vec<String>,
}

impl VerifyReport {
    /// Nothing is missing or damaged.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.metadata.is_empty()
    }
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} objects with {} bytes checked", self.checked, self.bytes)?;
        for finding in &self.findings {
            write!(f, "\n{finding}")?;
        }
        for line in &self.metadata {
            write!(f, "\nmetadata store: {line}")?;
        }
        if !self.unreferenced.is_empty() {
            let bytes: u64 = self.unreferenced.iter().map(|object| object.size).sum();
            let count = self.unreferenced.len();
            write!(f, "\n{count} objects with {bytes} bytes belong to no artifact")?;
        }
        Ok(())
    }
}
