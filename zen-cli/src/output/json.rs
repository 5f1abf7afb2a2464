//! What programs read: the parts that several outputs share. Fields are only ever added.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use zen_core::artifact::Statistics;
use zen_core::client::{ArtifactView, RunView};
use zen_core::metadata::{ArtifactRecord, RunRecord, Status};

use super::time::between;

/// A run, in lists.
#[derive(Debug, Serialize)]
pub(crate) struct RunSummary {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) pipeline: String,
    pub(crate) pipeline_version: u32,
    pub(crate) status: Status,
    pub(crate) started: DateTime<Utc>,
    pub(crate) ended: Option<DateTime<Utc>>,
    /// Seconds; null while it goes on.
    pub(crate) duration: Option<f64>,
    pub(crate) error: Option<String>,
    /// The schedule it was for, by name.
    pub(crate) schedule: Option<String>,
    pub(crate) tags: Vec<String>,
}

impl RunSummary {
    pub(crate) fn of(run: &RunView) -> Self {
        Self::of_record(run.record())
    }

    pub(crate) fn of_record(run: &RunRecord) -> Self {
        Self {
            id: run.id,
            name: run.name.clone(),
            pipeline: run.pipeline.clone(),
            pipeline_version: run.pipeline_version,
            status: run.status,
            started: run.started,
            ended: run.ended,
            duration: seconds(Some(run.started), run.ended),
            error: run.error.clone(),
            schedule: run.slot.as_ref().map(|slot| slot.name.clone()),
            tags: run.tags.clone(),
        }
    }
}

/// Seconds from one time to another.
pub(crate) fn seconds(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<f64> {
    between(from, to).map(|span| span.as_secs_f64())
}

/// Which version of an artifact.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ArtifactName {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) version: u32,
}

impl ArtifactName {
    pub(crate) fn of(artifact: &ArtifactView) -> Self {
        Self {
            id: artifact.id(),
            name: artifact.name().to_owned(),
            version: artifact.version(),
        }
    }
}

impl std::fmt::Display for ArtifactName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// A version of an artifact, in lists.
#[derive(Debug, Serialize)]
pub(crate) struct ArtifactSummary {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) version: u32,
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    pub(crate) codec: String,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) digest: String,
    pub(crate) created: DateTime<Utc>,
    /// The run that made it.
    pub(crate) run: Option<Uuid>,
    pub(crate) tags: Vec<String>,
}

impl ArtifactSummary {
    pub(crate) fn of(record: &ArtifactRecord) -> Self {
        Self {
            id: record.id,
            name: record.name.clone(),
            version: record.number,
            type_name: record.type_name.clone(),
            codec: record.codec.clone(),
            size: record.size,
            digest: record.digest.to_string(),
            created: record.created,
            run: record.producer_run,
            tags: record.tags.clone(),
        }
    }
}

/// All of a version of an artifact.
#[derive(Debug, Serialize)]
pub(crate) struct ArtifactDetail {
    #[serde(flatten)]
    pub(crate) summary: ArtifactSummary,
    pub(crate) codec_version: u32,
    pub(crate) media_type: String,
    pub(crate) uri: String,
    pub(crate) shape: Option<Vec<u64>>,
    /// One line about it.
    pub(crate) value: Option<String>,
    pub(crate) statistics: Option<Statistics>,
    /// The step that made it, by its name in the run.
    pub(crate) step: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) metadata: BTreeMap<String, Value>,
}

/// A type without the paths of its parts, for people.
pub(crate) fn short_type(name: &str) -> String {
    let mut short = String::new();
    let mut part = String::new();
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() || c == '_' {
            part.push(c);
        } else if c == ':' && chars.peek() == Some(&':') {
            chars.next();
            part.clear();
        } else {
            short += &std::mem::take(&mut part);
            short.push(c);
        }
    }
    short + &part
}

#[cfg(test)]
mod tests {
    use super::short_type;

    #[test]
    fn types_lose_their_paths() {
        let short = [
            ("f64", "f64"),
            ("alloc::vec::Vec<app::Digits>", "Vec<Digits>"),
            ("(alloc::string::String, [u8; 3])", "(String, [u8; 3])"),
        ];
        for (long, expected) in short {
            assert_eq!(short_type(long), expected);
        }
    }
}
