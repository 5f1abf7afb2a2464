//! Which runs may go.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::metadata::PruneRules;

/// Which finished runs [`Client::prune`](crate::client::Client::prune) may remove. A run goes when *all* conditions let it go, and nothing
/// that stays needs it. Settled slots of schedules go by the same conditions: those that are about a pipeline are about each schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrunePolicy {
    keep_last: Option<u32>,
    older_than: Option<Duration>,
    pipeline: Option<String>,
    unreferenced: bool,
}

impl PrunePolicy {
    const fn new(keep_last: Option<u32>, older_than: Option<Duration>) -> Self {
        Self {
            keep_last,
            older_than,
            pipeline: None,
            unreferenced: false,
        }
    }

    /// The newest so many runs of every pipeline stay; all others may go. The very newest stays in any case.
    pub const fn keep_last(runs: u32) -> Self {
        Self::new(Some(runs), None)
    }

    /// Runs that ended longer ago than this may go.
    pub const fn age(age: Duration) -> Self {
        Self::new(None, Some(age))
    }

    /// Only runs that ended longer ago than this.
    #[must_use]
    pub const fn older_than(mut self, age: Duration) -> Self {
        self.older_than = Some(age);
        self
    }

    /// Only runs of this pipeline.
    #[must_use]
    pub fn pipeline(mut self, name: impl Into<String>) -> Self {
        self.pipeline = Some(name.into());
        self
    }

    /// Also lists the artifact store and removes the objects that nothing refers to: what killed programs had stored and not yet
    /// recorded. Only for a store that no other metadata store refers to: those references can't be seen from here.
    #[must_use]
    pub const fn with_unreferenced_objects(mut self) -> Self {
        self.unreferenced = true;
        self
    }

    pub(super) const fn lists_objects(&self) -> bool {
        self.unreferenced
    }

    pub(super) fn rules(&self, now: DateTime<Utc>) -> PruneRules {
        let before = self.older_than.map(|age| {
            let age = TimeDelta::from_std(age).unwrap_or(TimeDelta::MAX);
            // Longer ago than time goes back: nothing is as old.
            now.checked_sub_signed(age).unwrap_or(DateTime::UNIX_EPOCH)
        });
        PruneRules {
            pipeline: self.pipeline.clone(),
            keep_last: self.keep_last,
            before,
            ..PruneRules::default()
        }
    }
}
