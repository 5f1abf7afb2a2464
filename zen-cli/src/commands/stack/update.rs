//! `stack update`.

use zen_core::stack::ComponentType;
use zen_core::stack::settings::StackChanges;

use super::{Parts, Summary};
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;

/// Change components of a registered stack
#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    /// The stack
    name: String,
    #[command(flatten)]
    parts: Parts,
    /// Types whose component is `default` again, as in `--unset alerter`
    #[arg(long, value_name = "TYPE")]
    unset: Vec<ComponentType>,
}

impl Command for Update {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let mut settings = context.project.settings()?;
        let mut changes: StackChanges = self.unset.into_iter().map(|kind| (kind, None)).collect();
        for (kind, name) in self.parts.named() {
            changes.insert(kind, Some(name));
        }
        if changes.is_empty() {
            return Err(Error::usage(
                "nothing is to be changed: name a component, as with `-a bucket`",
            ));
        }
        settings.update_stack(&self.name, &changes)?;
        let output = Summary::of(&settings, settings.stack(&self.name)?);
        context
            .out
            .show(&output, || Ok(format!("stack `{}` is changed\n", output.name)))?;
        Ok(Exit::Success)
    }
}
