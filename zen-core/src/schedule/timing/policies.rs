//! What a scheduler does with slots that can't simply be fired when they are due.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What becomes of *late* slots.
///
/// A slot is late when the slot after it is due already, or when more than the schedule's grace period (60 s unless
/// [`Schedule::grace`](super::Schedule::grace) says otherwise) has passed since it was due. That happens when no scheduler was running, or
/// when the one that was had no time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CatchUp {
    /// Late slots are recorded as missed and don't fire.
    None,
    /// Of the slots that came due while no scheduler fired them, the newest fires, late or not. Those before it are recorded as missed.
    #[default]
    Latest,
    /// Every slot that came due fires, oldest first, one after the other unless [`Overlap::Allow`] lets them run beside each other. That holds with
    /// [`Overlap::Skip`] too: these slots wait for each other instead of being skipped.
    ///
    /// With a [start](super::Schedule::start_at) in the past, a new schedule begins with the slots since then. Without one it begins with
    /// those after its creation.
    All,
}

/// What becomes of a slot that comes due while a run of the same schedule goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Overlap {
    /// It is recorded as skipped.
    #[default]
    Skip,
    /// It waits its turn. Up to 1000 slots of a schedule wait or run; those beyond are skipped, or with [`CatchUp::All`] come when there is room.
    Queue,
    /// Its run starts beside the one that goes on, up to what the scheduler's [concurrency](crate::schedule::Scheduler::concurrency) has room for; the
    /// others wait as with `Queue`.
    Allow,
}

/// What becomes of a slot whose scheduler died or was stopped while the slot's run was under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Interrupted {
    /// It runs again, and continues from the steps that had finished. After the third death the slot counts as failed.
    #[default]
    Retry,
    /// It is recorded as missed.
    Missed,
}

impl fmt::Display for CatchUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Latest => "latest",
            Self::All => "all",
        })
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Skip => "skip",
            Self::Queue => "queue",
            Self::Allow => "allow",
        })
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Retry => "retry",
            Self::Missed => "missed",
        })
    }
}
