//! `schedule resume`.

use super::Summary;
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::project::wait;

/// Go on with a paused schedule, from its next slot
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The schedule: its name, its id or the beginning of it
    schedule: String,
}

impl Command for Resume {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.open()?;
        let schedule = find::schedule(&client, &self.schedule)?;
        let schedule = wait(schedule.resume())??;
        let output = Summary::of(&schedule);
        context
            .out
            .show(&output, || Ok(format!("{} is {}\n", output.name, output.state)))?;
        Ok(Exit::Success)
    }
}
