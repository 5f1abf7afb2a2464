//! Why a metadata store could not answer.

use uuid::Uuid;

use crate::artifact::Digest;

/// Why the metadata store could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The database could not be opened.
    #[error("cannot open the metadata store {location}: {reason}")]
    Open {
        /// The file or URL.
        location: String,
        /// What went wrong.
        reason: String,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The database was written by a newer zen.
    #[error(
        "the metadata store {location} has schema version {found}, made by a newer zen; this one ({zen}) knows up to {known}: \
         use a newer zen, or another ZEN_HOME"
    )]
    Newer {
        /// The file or URL.
        location: String,
        /// Its schema version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
        /// The version of zen this program was built with.
        zen: &'static str,
    },
    /// The database was written by an older zen, and was opened only to look at it: it is upgraded when it is opened to be written.
    #[error(
        "the metadata store {location} has schema version {found}, made by an older zen, and this one ({zen}) reads version {known}: run a \
         program of the project once, which upgrades it"
    )]
    Older {
        /// The file or URL.
        location: String,
        /// Its schema version.
        found: u32,
        /// The version this program reads.
        known: u32,
        /// The version of zen this program was built with.
        zen: &'static str,
    },
    /// A query or a transaction failed.
    #[error("metadata store {location}: {doing} failed")]
    Failed {
        /// The file or URL.
        location: String,
        /// What was being done.
        doing: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A run was started without its graph, and the store doesn't know the graph.
    #[error("metadata store {location}: pipeline `{pipeline}` has no graph {graph}")]
    UnknownGraph {
        /// The file or URL.
        location: String,
        /// The pipeline.
        pipeline: String,
        /// The graph's hash.
        graph: Digest,
    },
    /// A list of changes has a [`Change::Fenced`](super::Change::Fenced) whose lease has another token. Nothing was written.
    #[error(
        "metadata store {location}: nothing was written, because the lease `{key}` is not at token {token} any more ({}): \
         leave the work to its new holder, or acquire the lease again and start over", found(*current)
    )]
    Fenced {
        /// The file or URL.
        location: String,
        /// The lease.
        key: String,
        /// The token it should be at.
        token: u64,
        /// The token it is at; none when nobody ever held it.
        current: Option<u64>,
    },
    /// A list of changes has a [`Change::SlotFenced`](super::Change::SlotFenced) whose slot isn't claimed with that token any more. Nothing was written.
    #[error(
        "metadata store {location}: nothing was written, because slot {slot} is not claimed with token {token} any more: another scheduler \
         has taken it over, or its schedule was deleted"
    )]
    SlotTaken {
        /// The file or URL.
        location: String,
        /// The slot.
        slot: Uuid,
        /// The token it should be claimed with.
        token: u64,
    },
    /// A schedule has changed since it was read. Nothing was written.
    #[error(
        "metadata store {location}: schedule `{schedule}` has changed since it was read: read it again and start over"
    )]
    Stale {
        /// The file or URL.
        location: String,
        /// The schedule's name.
        schedule: String,
    },
    /// Another schedule has this name. Nothing was written.
    #[error(
        "metadata store {location}: there is a schedule `{schedule}` already: choose another name, or update that one"
    )]
    NameTaken {
        /// The file or URL.
        location: String,
        /// The name.
        schedule: String,
    },
    /// A prune is removing what a change refers to.
    #[error("metadata store {location}: {what} is being pruned: store it anew, or use another one")]
    Pruned {
        /// The file or URL.
        location: String,
        /// What goes.
        what: String,
    },
    /// A row holds what no zen wrote.
    #[error("metadata store {location}: {what} is damaged: {reason}")]
    Damaged {
        /// The file or URL.
        location: String,
        /// Which row.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn found(token: Option<u64>) -> String {
    token.map_or_else(
        || "nobody ever held it".to_owned(),
        |token| format!("it is at {token}"),
    )
}
