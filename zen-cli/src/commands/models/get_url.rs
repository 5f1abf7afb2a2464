//! `model-deployer models get-url`.

use serde::Serialize;
use uuid::Uuid;

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;

/// Say where predictions are asked
#[derive(Debug, clap::Args)]
pub(crate) struct GetUrl {
    /// The model server: its id or the beginning of it, its name, or its model's name
    model: String,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    uuid: Uuid,
    prediction_url: String,
}

impl Command for GetUrl {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let server = find::server(client, &self.model)?;
        let output = Output {
            uuid: server.id(),
            prediction_url: server.prediction_url(),
        };
        if output.prediction_url.is_empty() {
            return Err(Error::not_found(
                format!("model server {server} has no prediction URL: it has never run"),
                format!(
                    "`{} model-deployer models start {}` starts it",
                    crate::run::program(),
                    server.id()
                ),
            ));
        }
        context
            .out
            .hint(&format!("Prediction URL of Served Model {} is:", output.uuid));
        context
            .out
            .show(&output, || Ok(format!("{}\n", output.prediction_url)))?;
        Ok(Exit::Success)
    }
}
