//! `stack set`.

use super::Summary;
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;

/// Make a stack the active one of this project
#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    /// The stack
    name: String,
}

impl Command for Set {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let mut settings = context.project.settings()?;
        settings.set_active(&self.name)?;
        let output = Summary::of(&settings, settings.stack(&self.name)?);
        context
            .out
            .show(&output, || Ok(format!("`{}` is the active stack\n", output.name)))?;
        if !output.active {
            let (name, source) = settings.active();
            context
                .out
                .hint(&format!("but here it is `{name}`, as the {source} says"));
        }
        Ok(Exit::Success)
    }
}
