//! `model-deployer models start`.

use super::{Patience, Summary};
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;

/// Start a model server that doesn't run, and wait until it answers
#[derive(Debug, clap::Args)]
pub(crate) struct Start {
    /// The model server: its id or the beginning of it, its name, or its model's name
    model: String,
    #[command(flatten)]
    patience: Patience,
}

impl Command for Start {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.open()?;
        let server = find::server(&client, &self.model)?;
        server.start(self.patience.timeout)?;
        let output = Summary::of(&server)?;
        context.out.show(&output, || {
            let url = output.prediction_url.as_deref().unwrap_or_default();
            Ok(format!("{} is {} at {url}\n", output.name, output.status))
        })?;
        Ok(Exit::Success)
    }
}
