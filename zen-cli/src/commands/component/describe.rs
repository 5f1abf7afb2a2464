//! `<component type> describe`.

use zen_core::stack::{ComponentType, flavor};

use super::Summary;
use crate::Exit;
use crate::commands::Context;
use crate::error::Error;
use crate::output::{Fields, Style};

/// Show a component and its configuration
#[derive(Debug, clap::Args)]
pub(crate) struct Describe {
    /// The component
    name: String,
}

impl Describe {
    pub(super) fn execute(self, kind: ComponentType, context: &Context) -> Result<Exit, Error> {
        let settings = context.project.settings()?;
        let output = Summary::of(&settings, settings.component(kind, &self.name)?);
        let out = &context.out;
        out.show(&output, || {
            let mut fields = Fields::default();
            fields
                .styled(kind.words(), &output.name, Style::Bold)
                .add("flavor", &output.flavor)
                .add("defined", output.defined.to_string())
                .add("stacks", output.stacks.join(", "));
            let known = flavor(kind, &output.flavor)
                .map(|flavor| flavor.keys())
                .unwrap_or_default();
            let given = |key: &str| output.values.contains_key(key);
            for (key, value) in &output.values {
                fields.add(key, text(value));
            }
            for key in known.iter().filter(|key| !given(&key.name)) {
                let default = key.default.as_ref().map_or_else(|| "-".to_owned(), text);
                fields.add(&key.name, format!("{default} (default)"));
            }
            Ok(out.fields(&fields))
        })?;
        Ok(Exit::Success)
    }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
