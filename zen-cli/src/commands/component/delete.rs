//! `<component type> delete`.

use serde::Serialize;
use zen_core::stack::ComponentType;

use crate::Exit;
use crate::args::Confirm;
use crate::commands::Context;
use crate::error::Error;
use crate::output::confirm;

/// Delete a registered component that no stack names
///
/// What it keeps, such as artifacts, stays where it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// The component
    name: String,
    #[command(flatten)]
    confirm: Confirm,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    deleted: String,
}

impl Delete {
    pub(super) fn execute(self, kind: ComponentType, context: &Context) -> Result<Exit, Error> {
        let mut settings = context.project.settings()?;
        settings.component(kind, &self.name)?;
        confirm(&format!("Delete {} `{}`?", kind.words(), self.name), self.confirm)?;
        settings.delete_component(kind, &self.name)?;
        let output = Output { deleted: self.name };
        context.out.show(&output, || {
            Ok(format!("{} `{}` is deleted\n", kind.words(), output.deleted))
        })?;
        Ok(Exit::Success)
    }
}
