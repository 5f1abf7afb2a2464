//! `schedule trigger`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use zen_core::metadata::SlotState;

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::project::wait;

/// Ask for a run of a schedule now
///
/// Some scheduler of the project starts it within about a second, also when the schedule is paused.
#[derive(Debug, clap::Args)]
pub(crate) struct Trigger {
    /// The schedule: its name, its id or the beginning of it
    schedule: String,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    schedule: String,
    slot: Uuid,
    due: DateTime<Utc>,
    state: SlotState,
    /// Whether a scheduler is there to start it.
    scheduler: bool,
}

impl Command for Trigger {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.open()?;
        let schedule = find::schedule(&client, &self.schedule)?;
        let slot = wait(schedule.trigger())??;
        let output = Output {
            schedule: schedule.name().to_owned(),
            slot: slot.id(),
            due: slot.due(),
            state: slot.state(),
            scheduler: !crate::commands::status::schedulers(&client)?.is_empty(),
        };
        let out = &context.out;
        out.show(&output, || {
            Ok(format!("a run of {} is asked for\n", output.schedule))
        })?;
        if !output.scheduler {
            out.hint("no scheduler is at work: it waits until one is");
        }
        Ok(Exit::Success)
    }
}
