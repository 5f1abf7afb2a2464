//! `schedule pause`.

use super::Summary;
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::project::wait;

/// Fire nothing more of a schedule until it is resumed
#[derive(Debug, clap::Args)]
pub(crate) struct Pause {
    /// The schedule: its name, its id or the beginning of it
    schedule: String,
    /// Why, for those who see it later
    #[arg(long, default_value = "paused by hand")]
    reason: String,
}

impl Command for Pause {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.open()?;
        let schedule = find::schedule(&client, &self.schedule)?;
        let schedule = wait(schedule.pause(self.reason))??;
        let output = Summary::of(&schedule);
        context
            .out
            .show(&output, || Ok(format!("{} is {}\n", output.name, output.state)))?;
        Ok(Exit::Success)
    }
}
