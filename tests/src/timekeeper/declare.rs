//! Schedules as another program asks for them.

use serde::{Deserialize, Serialize};
use zen_core::prelude::*;
use zen_core::schedule::{Schedule, ScheduleView};

use super::pipelines;

/// What is to be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// [`pipelines::quick`].
    Quick,
    /// [`pipelines::resting`] for so many milliseconds.
    Resting(u64),
    /// [`pipelines::labouring`] for so many milliseconds.
    Labouring(u64),
    /// [`pipelines::waiting`] for this file.
    Waiting(String),
    /// [`pipelines::holding`] until this file is there.
    Holding(String),
    /// [`pipelines::failing`].
    Failing,
    /// [`pipelines::aborting`].
    Aborting,
    /// [`pipelines::ignoring`].
    Ignoring,
}

/// A schedule that is to be kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Declaration {
    /// Its name.
    pub name: String,
    /// What it runs.
    pub work: Work,
    /// Where the steps note what they do.
    pub journal: String,
    /// When it is due.
    pub schedule: Schedule,
}

impl Declaration {
    /// Keeps it on a stack.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn keep(self, stack: &Stack) -> Result<ScheduleView> {
        let (name, journal, schedule) = (self.name, self.journal, self.schedule);
        let scheduling = match self.work {
            Work::Quick => pipelines::quick(journal).schedule(name, schedule),
            Work::Resting(millis) => pipelines::resting(journal, millis).schedule(name, schedule),
            Work::Labouring(millis) => pipelines::labouring(journal, millis).schedule(name, schedule),
            Work::Waiting(gate) => pipelines::waiting(journal, gate).schedule(name, schedule),
            Work::Holding(gate) => pipelines::holding(journal, gate).schedule(name, schedule),
            Work::Failing => pipelines::failing(journal).schedule(name, schedule),
            Work::Ignoring => pipelines::ignoring(journal).schedule(name, schedule),
            Work::Aborting => pipelines::aborting(journal).schedule(name, schedule),
        };
        Ok(scheduling.on(stack).await?)
    }
}
