//! `model-deployer models stop`.

use zen_core::metadata::ServiceState;

use super::{Patience, Summary};
use crate::Exit;
use crate::args::Confirm;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::ask;

/// Stop a model server; it can be started again
///
/// With `--timeout 0` it is only asked to. Ends with 1 when it still runs after another timeout.
#[derive(Debug, clap::Args)]
pub(crate) struct Stop {
    /// The model server: its id or the beginning of it, its name, or its model's name
    model: String,
    /// End it at once, without answering what has been asked
    #[arg(long, short)]
    force: bool,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    confirm: Confirm,
}

impl Command for Stop {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.open()?;
        let server = find::server(&client, &self.model)?;
        if self.force {
            // Requests that are being answered are lost, which nobody can undo.
            ask::confirm(
                &format!("End {server} without answering what has been asked?"),
                self.confirm,
            )?;
        }
        server.stop(self.patience.timeout, self.force)?;
        let output = Summary::of(&server)?;
        context
            .out
            .show(&output, || Ok(format!("{} is {}\n", output.name, output.status)))?;
        let goes_on = matches!(
            output.status,
            ServiceState::Active | ServiceState::PendingStartup | ServiceState::PendingShutdown
        );
        Ok(match goes_on && !self.patience.timeout.is_zero() {
            true => Exit::Failed,
            false => Exit::Success,
        })
    }
}
