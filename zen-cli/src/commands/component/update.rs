//! `<component type> update`.

use zen_core::stack::ComponentType;

use super::{Summary, values};
use crate::Exit;
use crate::commands::Context;
use crate::error::Error;

/// Change values of a registered component
#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    /// The component
    name: String,
    /// Keys that get their defaults again
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
    /// What is changed: `key=value` or `--key=value`
    #[arg(value_name = "KEY=VALUE")]
    values: Vec<String>,
}

impl Update {
    pub(super) fn execute(self, kind: ComponentType, context: &Context) -> Result<Exit, Error> {
        let mut settings = context.project.settings()?;
        let component = settings.component(kind, &self.name)?;
        let given = values::read(&component, &self.values)?;
        let mut changes: std::collections::BTreeMap<_, _> =
            given.into_iter().map(|(key, value)| (key, Some(value))).collect();
        changes.extend(self.unset.into_iter().map(|key| (key.replace('-', "_"), None)));
        if changes.is_empty() {
            return Err(Error::usage("nothing is to be changed: give a `key=value`"));
        }
        settings.update_component(kind, &self.name, changes)?;
        let output = Summary::of(&settings, settings.component(kind, &self.name)?);
        context.out.show(&output, || {
            Ok(format!("{} `{}` is changed\n", kind.words(), output.name))
        })?;
        Ok(Exit::Success)
    }
}
