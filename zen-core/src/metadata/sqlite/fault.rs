//! What can go wrong inside the store, before it is told with the store's location.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::artifact::Digest;
use crate::metadata::MetadataError;

pub(super) type Outcome<T> = Result<T, Fault>;

#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A change refers to something that no earlier change recorded.
    #[error("{kind} {id} is not recorded")]
    Missing { kind: &'static str, id: Uuid },
    /// A run was started without its graph.
    #[error("pipeline `{pipeline}` has no graph {graph}")]
    UnknownGraph { pipeline: String, graph: Digest },
    /// A lease has another token.
    #[error("lease `{key}` is not at token {token}")]
    Fenced {
        key: String,
        token: u64,
        current: Option<u64>,
    },
    /// A slot is not claimed with a token.
    #[error("slot {slot} is not claimed with token {token}")]
    SlotTaken { slot: Uuid, token: u64 },
    /// A schedule has another revision.
    #[error("schedule `{schedule}` has changed")]
    Stale { schedule: String },
    /// Another schedule has the name.
    #[error("there is a schedule `{schedule}` already")]
    NameTaken { schedule: String },
    /// A schedule has another slot of this time.
    #[error("schedule {schedule} has another slot that was due at {due}: read its slots again")]
    SlotExists { schedule: Uuid, due: DateTime<Utc> },
    /// A prune is removing what a change refers to.
    #[error("{what} is being pruned")]
    Pruned { what: String },
    /// What was written went to a file that nobody can open any more.
    #[error(
        "the file was deleted or replaced while this program had it open, so that what is recorded is lost: start the program again"
    )]
    Gone,
    #[error("{what}: {reason}")]
    Damaged { what: String, reason: String },
}

impl Fault {
    pub(super) fn at(self, location: &str, doing: &'static str) -> MetadataError {
        let location = location.to_owned();
        match self {
            Fault::Damaged { what, reason } => MetadataError::Damaged {
                location,
                what,
                reason,
            },
            Fault::Sql(error) if is_corrupt(&error) => MetadataError::Damaged {
                location,
                what: "the database file".to_owned(),
                reason: format!("{error}, found when {doing}"),
            },
            Fault::Sql(error) => MetadataError::Failed {
                location,
                doing,
                source: Box::new(error),
            },
            Fault::Pruned { what } => MetadataError::Pruned { location, what },
            Fault::UnknownGraph { pipeline, graph } => MetadataError::UnknownGraph {
                location,
                pipeline,
                graph,
            },
            Fault::Fenced { key, token, current } => MetadataError::Fenced {
                location,
                key,
                token,
                current,
            },
            Fault::SlotTaken { slot, token } => MetadataError::SlotTaken {
                location,
                slot,
                token,
            },
            Fault::Stale { schedule } => MetadataError::Stale { location, schedule },
            Fault::NameTaken { schedule } => MetadataError::NameTaken { location, schedule },
            other => MetadataError::Failed {
                location,
                doing,
                source: Box::new(other),
            },
        }
    }
}

fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

/// A row refers to a row of another table that is not there.
pub(super) fn is_missing_reference(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

/// Another row has what no two may have.
pub(super) fn is_duplicate(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}
