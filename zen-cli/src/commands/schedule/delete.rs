//! `schedule delete`.

use serde::Serialize;
use zen_core::schedule::SchedulingError;

use crate::Exit;
use crate::args::Confirm;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::ask;
use crate::project::wait;

/// Remove a schedule with the record of its slots; its runs stay
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// The schedule: its name, its id or the beginning of it
    schedule: String,
    #[command(flatten)]
    confirm: Confirm,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    deleted: String,
}

impl Command for Delete {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.open()?;
        let deleted = find::schedule_name(&client, &self.schedule)?;
        ask::confirm(&format!("Delete the schedule {deleted}?"), self.confirm)?;
        match client.schedule(&deleted) {
            Ok(schedule) => wait(schedule.delete())??,
            // Of a newer zen, or damaged: it can be deleted all the same.
            Err(SchedulingError::Unreadable { .. }) => wait(client.delete_schedule(&deleted))??,
            Err(error) => return Err(error.into()),
        }
        let output = Output { deleted };
        context
            .out
            .show(&output, || Ok(format!("{} is deleted\n", output.deleted)))?;
        Ok(Exit::Success)
    }
}
