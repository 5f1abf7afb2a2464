//! `<component type> register`.

use zen_core::stack::{ComponentDefinition, ComponentType};

use super::{Summary, values};
use crate::Exit;
use crate::commands::Context;
use crate::error::Error;

/// Register a component of this type
///
/// Its configuration is checked. Secrets are referred to by `{{NAME.KEY}}`:
///
///   zen artifact-store register bucket --flavor=s3 --url=s3://models --access-key-id={{aws.id}}
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Register {
    /// Its name
    name: String,
    /// Its implementation; `flavor list` shows which there are
    #[arg(long, short, visible_alias = "type")]
    flavor: String,
    /// Its configuration: `key=value` or `--key=value`; `flavor describe` shows the keys
    #[arg(value_name = "KEY=VALUE")]
    values: Vec<String>,
}

impl Register {
    pub(super) fn execute(self, kind: ComponentType, context: &Context) -> Result<Exit, Error> {
        let mut settings = context.project.settings()?;
        let mut component = ComponentDefinition::new(kind, &self.name, self.flavor);
        component.values = values::read(&component, &self.values)?;
        settings.register_component(component)?;
        let output = Summary::of(&settings, settings.component(kind, &self.name)?);
        context.out.show(&output, || {
            Ok(format!("{} `{}` is registered\n", kind.words(), output.name))
        })?;
        Ok(Exit::Success)
    }
}
