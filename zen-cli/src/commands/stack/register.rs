//! `stack register`.

use zen_core::stack::StackDefinition;

use super::{Parts, Summary};
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;

/// Register a stack of components that are there
///
/// Of the types that aren't named it has the component `default`, if there is one:
///
///   zen stack register local_with_mlflow -a default -d mlflow --set
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Register {
    /// Its name
    name: String,
    #[command(flatten)]
    parts: Parts,
    /// Make it the active stack
    #[arg(long)]
    set: bool,
}

impl Command for Register {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let mut settings = context.project.settings()?;
        let mut stack = StackDefinition::new(&self.name);
        for (kind, name) in self.parts.named() {
            stack = stack.with(kind, name);
        }
        settings.register_stack(stack)?;
        if self.set {
            settings.set_active(&self.name)?;
        }
        let output = Summary::of(&settings, settings.stack(&self.name)?);
        let active = if output.active { ", and is active" } else { "" };
        context.out.show(&output, || {
            Ok(format!("stack `{}` is registered{active}\n", output.name))
        })?;
        Ok(Exit::Success)
    }
}
