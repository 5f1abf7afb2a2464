//! `stack delete`.

use serde::Serialize;

use crate::Exit;
use crate::args::Confirm;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::output::confirm;

/// Delete a registered stack
///
/// Its components stay, and so does all that they keep.
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// The stack
    name: String,
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
        let mut settings = context.project.settings()?;
        settings.stack(&self.name)?;
        confirm(&format!("Delete stack `{}`?", self.name), self.confirm)?;
        settings.delete_stack(&self.name)?;
        let output = Output { deleted: self.name };
        context
            .out
            .show(&output, || Ok(format!("stack `{}` is deleted\n", output.deleted)))?;
        Ok(Exit::Success)
    }
}
