//! `stack copy`.

use super::Summary;
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;

/// Register a copy of a stack
#[derive(Debug, clap::Args)]
pub(crate) struct Copy {
    /// The stack to copy
    name: String,
    /// The copy's name
    copy: String,
}

impl Command for Copy {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let mut settings = context.project.settings()?;
        settings.copy_stack(&self.name, &self.copy)?;
        let output = Summary::of(&settings, settings.stack(&self.copy)?);
        context
            .out
            .show(&output, || Ok(format!("stack `{}` is registered\n", output.name)))?;
        Ok(Exit::Success)
    }
}
