//! `stack get`.

use serde::Serialize;
use zen_core::stack::Source;

use super::said_by;
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;

/// Tell which stack is active, and who said so
#[derive(Debug, clap::Args)]
pub(crate) struct Get {}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    name: String,
    source: Source,
}

impl Command for Get {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let settings = context.project.settings()?;
        let (name, source) = match context.project.stack() {
            Some(name) => (name.to_owned(), Source::Call),
            None => settings.active(),
        };
        settings.stack(&name)?;
        let output = Output { name, source };
        context.out.show(&output, || Ok(format!("{}\n", output.name)))?;
        context
            .out
            .hint(&format!("named by: {}", said_by(&output.source)));
        Ok(Exit::Success)
    }
}
