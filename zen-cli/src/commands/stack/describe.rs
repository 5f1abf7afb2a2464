//! `stack describe`.

use serde_json::Value;

use super::said_by;
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::output::{Cell, Column, Fields, Style, Table};

/// Show a stack's components with every value, and where each comes from
#[derive(Debug, clap::Args)]
pub(crate) struct Describe {
    /// The stack [default: the active one]
    name: Option<String>,
}

impl Command for Describe {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let plan = context.project.choice_of(self.name.as_ref())?.plan()?;
        let out = &context.out;
        out.show(&plan, || {
            let mut fields = Fields::default();
            fields
                .styled("stack", &plan.name, Style::Bold)
                .add("named by", said_by(&plan.source));
            let mut table = Table::new([
                Column::new("COMPONENT"),
                Column::new("VALUE"),
                Column::optional("FROM", 3),
            ]);
            for component in &plan.components {
                table.push([
                    Cell::styled(component.kind.words(), Style::Bold),
                    Cell::new(format!("{} ({})", component.name, component.flavor)),
                    Cell::new(said_by(&component.source)),
                ]);
                for (key, value) in &component.values {
                    table.push([
                        Cell::new(format!("  {key}")),
                        Cell::new(text(&value.value)),
                        Cell::new(said_by(&value.source)),
                    ]);
                }
            }
            Ok(format!("{}\n{}", out.fields(&fields), out.table(&table)))
        })?;
        Ok(Exit::Success)
    }
}

/// A value as people would write it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
