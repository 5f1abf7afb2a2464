//! `schedule delete`.

use serde::Serialize;

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
        let schedule = find::schedule(&client, &self.schedule)?;
        let deleted = schedule.name().to_owned();
        ask::confirm(&format!("Delete the schedule {deleted}?"), self.confirm)?;
        wait(schedule.delete())??;
        let output = Output { deleted };
        context
            .out
            .show(&output, || Ok(format!("{} is deleted\n", output.deleted)))?;
        Ok(Exit::Success)
    }
}
