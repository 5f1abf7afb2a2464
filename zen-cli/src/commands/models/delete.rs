//! `model-deployer models delete`.

use serde::Serialize;
use uuid::Uuid;

use super::Patience;
use crate::Exit;
use crate::args::Confirm;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::ask;

/// Stop a model server and remove all that is kept of it
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
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

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    deleted: Uuid,
}

impl Command for Delete {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.open()?;
        let server = find::server(&client, &self.model)?;
        ask::confirm(&format!("Delete the model server {server}?"), self.confirm)?;
        server.delete(self.patience.timeout, self.force)?;
        let output = Output { deleted: server.id() };
        context
            .out
            .show(&output, || Ok(format!("{} is deleted\n", output.deleted)))?;
        Ok(Exit::Success)
    }
}
