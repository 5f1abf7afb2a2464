//! Writing several lists of changes in one transaction, each all or nothing.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use rusqlite::Connection;

use super::apply;
use super::fault::{Fault, Outcome};
use crate::metadata::{Change, MetadataError};

/// Applies a list, or nothing of it: what was applied before it in the same transaction stays. Fails when nothing of that is left.
pub(super) fn one(conn: &Connection, changes: &[Change]) -> Outcome<Result<(), Fault>> {
    conn.prepare_cached("SAVEPOINT list")?.execute([])?;
    let applied = apply::all(conn, changes);
    if let Err(fault) = applied {
        // A full disk, and other faults of that kind, end the whole transaction.
        if conn.is_autocommit() {
            return Err(fault);
        }
        conn.prepare_cached("ROLLBACK TO list")?.execute([])?;
        conn.prepare_cached("RELEASE list")?.execute([])?;
        return Ok(Err(fault));
    }
    conn.prepare_cached("RELEASE list")?.execute([])?;
    Ok(Ok(()))
}

/// What became of each list when their transaction failed: those that were refused before are told why, all others that it failed.
pub(super) fn all_failed(
    location: &str,
    lists: usize,
    refused: Vec<Option<MetadataError>>,
    error: MetadataError,
) -> Vec<Result<(), MetadataError>> {
    let failed = Failed::of(location, error);
    let mut refused = refused.into_iter();
    (0..lists)
        .map(|_| Err(refused.next().flatten().unwrap_or_else(|| failed.told())))
        .collect()
}

/// An error that can be told several times.
struct Failed {
    location: String,
    kind: Kind,
}

enum Kind {
    Damaged { what: String, reason: String },
    Failed { doing: &'static str, source: Shared },
}

impl Failed {
    fn of(location: &str, error: MetadataError) -> Self {
        let kind = match error {
            MetadataError::Damaged { what, reason, .. } => Kind::Damaged { what, reason },
            MetadataError::Failed { doing, source, .. } => Kind::Failed {
                doing,
                source: Shared(source.into()),
            },
            other => Kind::Failed {
                doing: apply::DOING,
                source: Shared(Arc::new(other)),
            },
        };
        Self {
            location: location.to_owned(),
            kind,
        }
    }

    fn told(&self) -> MetadataError {
        let location = self.location.clone();
        match &self.kind {
            Kind::Damaged { what, reason } => MetadataError::Damaged {
                location,
                what: what.clone(),
                reason: reason.clone(),
            },
            Kind::Failed { doing, source } => MetadataError::Failed {
                location,
                doing,
                source: Box::new(source.clone()),
            },
        }
    }
}

/// The cause of several errors.
#[derive(Debug, Clone)]
struct Shared(Arc<dyn Error + Send + Sync>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Shared {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
