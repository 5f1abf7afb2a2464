//! Why a schedule could not be kept, changed or worked on.

use std::sync::Arc;

use uuid::Uuid;

use super::ScheduleError;
use crate::client::ClientError;
use crate::graph::GraphError;
use crate::metadata::MetadataError;
use crate::stack::StackError;

/// Why a schedule could not be kept, found or changed, or why a scheduler could not work.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SchedulingError {
    /// The pipeline can't be started by its name in another process, and so not later either.
    #[error(
        "schedule `{schedule}`: {reason}; only a `#[pipeline]` function without type parameters, with arguments that can be stored, can be scheduled"
    )]
    NotStartable {
        /// The schedule.
        schedule: String,
        /// Why not.
        reason: String,
    },
    /// The pipeline's graph has a mistake.
    #[error("schedule `{schedule}`: {source}")]
    Graph {
        /// The schedule.
        schedule: String,
        /// The mistake.
        #[source]
        source: Box<GraphError>,
    },
    /// The name can't be a schedule's.
    #[error("`{name}` can't name a schedule: {reason}")]
    BadName {
        /// The name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The schedule has no slot left.
    #[error("schedule `{schedule}` ({words}) would never fire: no slot comes after {now}")]
    NeverFires {
        /// The schedule.
        schedule: String,
        /// When it would be due, in words.
        words: String,
        /// The time of asking.
        now: chrono::DateTime<chrono::Utc>,
    },
    /// The name belongs to a schedule of another pipeline.
    #[error(
        "there is a schedule `{schedule}` of pipeline `{theirs}` already, and this one is of `{ours}`: choose another name, or delete that one"
    )]
    OtherPipeline {
        /// The schedule.
        schedule: String,
        /// The pipeline that has the name.
        theirs: String,
        /// The pipeline that was to have it.
        ours: String,
    },
    /// A hook can't be found by its name in another process.
    #[error("schedule `{schedule}`: {reason}")]
    Hook {
        /// The schedule.
        schedule: String,
        /// Why not.
        reason: String,
    },
    /// There is no such schedule.
    #[error("there is no schedule `{name}` in {store} (there is: {known})")]
    NoSchedule {
        /// Its name or id.
        name: String,
        /// Where was looked.
        store: String,
        /// Similar names.
        known: String,
    },
    /// There is no such slot.
    #[error("there is no slot {0}")]
    NoSlot(Uuid),
    /// What is recorded can't be understood: a newer zen wrote it, or it is damaged.
    #[error(
        "schedule `{schedule}` can't be used: its {what} can't be read ({reason}): use the zen that wrote it, or delete it by its name with \
         `Client::delete_schedule`"
    )]
    Unreadable {
        /// The schedule.
        schedule: String,
        /// Which part.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// When it is due can't be said.
    #[error(transparent)]
    Timing(#[from] ScheduleError),
    /// The schedule was changed by others all the time.
    #[error("schedule `{schedule}` was changed by others again and again: try again")]
    Contended {
        /// The schedule.
        schedule: String,
    },
    /// The program could not be kept for later.
    #[error("schedule `{schedule}`: no copy of the program could be kept: {reason}")]
    Program {
        /// The schedule.
        schedule: String,
        /// Why not.
        reason: String,
    },
    /// A run could not be started.
    #[error("a run of schedule `{schedule}` could not be started: {source}")]
    Start {
        /// The schedule.
        schedule: String,
        /// Why not.
        #[source]
        source: Box<crate::runner::RunError>,
    },
    /// A long name or tag.
    #[error("schedule `{schedule}`: the {what} can't be used: {reason}")]
    Label {
        /// The schedule.
        schedule: String,
        /// Which label.
        what: String,
        /// Why not.
        reason: String,
    },
    /// The stack can't be opened.
    #[error(transparent)]
    Stack(Arc<StackError>),
    /// The store failed.
    #[error(transparent)]
    Client(Arc<ClientError>),
    /// There is no tokio runtime, or no thread could be started.
    #[error("a scheduler can't work here: {0}")]
    Runtime(String),
}

impl From<StackError> for SchedulingError {
    fn from(error: StackError) -> Self {
        Self::Stack(Arc::new(error))
    }
}

impl From<ClientError> for SchedulingError {
    fn from(error: ClientError) -> Self {
        Self::Client(Arc::new(error))
    }
}

impl From<MetadataError> for SchedulingError {
    fn from(error: MetadataError) -> Self {
        Self::Client(Arc::new(error.into()))
    }
}
