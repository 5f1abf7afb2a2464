//! What a prune did, or would do.

use std::fmt;

use uuid::Uuid;

use crate::metadata::Kept;

/// How much a prune removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PruneCounts {
    /// Runs.
    pub runs: u64,
    /// Steps of these runs, with their logs and metrics.
    pub steps: u64,
    /// Artifact versions.
    pub artifacts: u64,
    /// Objects: the contents of artifact versions.
    pub objects: u64,
    /// The bytes of these objects.
    pub bytes: u64,
    /// Settled slots of schedules, with the hooks that were called for them.
    pub slots: u64,
}

impl fmt::Display for PruneCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} runs with {} steps, {} artifact versions, {} objects of {} bytes, {} slots of schedules",
            self.runs, self.steps, self.artifacts, self.objects, self.bytes, self.slots
        )
    }
}

/// What [`Client::prune`](crate::client::Client::prune) found and did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PruneReport {
    /// It was only asked what would go.
    pub dry_run: bool,
    /// What was found to be needed by nobody.
    pub planned: PruneCounts,
    /// What was removed: all that was planned, unless runs are under way that may have found it before, or began to need it meanwhile.
    pub removed: PruneCounts,
    /// What stays, and why.
    pub kept: Vec<Kept>,
    /// The objects of artifact versions that go which were written to another artifact store than the stack's: they stay there. (Also those in a
    /// folder that was moved since: [`with_unreferenced_objects`](super::PrunePolicy::with_unreferenced_objects) removes them.)
    pub elsewhere: u64,
    /// The runs, and the saves by hand, that have to end before the rest can be removed, by the next prune then. What is planned
    /// can't be found any more until then.
    pub waiting_for: Vec<Uuid>,
}

impl fmt::Display for PruneReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.dry_run, self.waiting_for.is_empty()) {
            (true, _) => write!(f, "to be removed: {}", self.planned)?,
            (false, true) => write!(f, "removed: {}", self.removed)?,
            (false, false) => {
                write!(
                    f,
                    "to be removed: {}; removed by now: {}",
                    self.planned, self.removed
                )?;
                let waiting: Vec<_> = self.waiting_for.iter().map(Uuid::to_string).collect();
                write!(
                    f,
                    "\nthe rest goes with the next prune after the end of what is under way: {}",
                    waiting.join(", ")
                )?;
            }
        }
        if self.elsewhere > 0 {
            write!(
                f,
                "\nin another store, not deleted there: {} objects",
                self.elsewhere
            )?;
        }
        for kept in &self.kept {
            write!(f, "\nstays, {}: {}", kept.reason, kept.count)?;
            if !kept.examples.is_empty() {
                let more = if kept.count > kept.examples.len() as u64 {
                    ", .."
                } else {
                    ""
                };
                write!(f, " ({}{more})", kept.examples.join(", "))?;
            }
        }
        Ok(())
    }
}
