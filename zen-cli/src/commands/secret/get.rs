//! `secret get`.

use serde::Serialize;
use zen_core::secrets::SecretError;

use super::{reference, unknown};
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;

/// Tell whether a value is there; with --show, show it
#[derive(Debug, clap::Args)]
pub(crate) struct Get {
    /// The secret's name
    name: String,
    /// The key in the secret
    key: String,
    /// Show the value, which is secret
    #[arg(long)]
    show: bool,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    name: String,
    key: String,
    /// None unless it was asked for with --show.
    value: Option<String>,
}

impl Command for Get {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let reference = reference(&self.name, &self.key)?;
        let secrets = context.project.choice()?.secrets()?;
        let value = secrets.get(&reference).map_err(|error| match &error {
            SecretError::Missing { .. } => {
                // When the names can't be had either, none is near.
                let names = secrets.names().unwrap_or_default();
                unknown(error.to_string(), &reference.to_string(), &names)
            }
            _ => error.into(),
        })?;
        let output = Output {
            name: self.name,
            key: self.key,
            value: self.show.then(|| value.reveal().to_owned()),
        };
        let out = &context.out;
        out.reveal(&output, || match &output.value {
            Some(value) => Ok(format!("{value}\n")),
            None => Ok(format!("`{{{{{reference}}}}}` is there\n")),
        })?;
        if !self.show {
            out.hint("--show shows it");
        }
        Ok(Exit::Success)
    }
}
