//! `<component type> list`.

use serde::Serialize;
use zen_core::stack::ComponentType;

use super::Summary;
use crate::Exit;
use crate::commands::Context;
use crate::error::Error;
use crate::output::{Cell, Column, Style, Table};
use crate::run::program;

/// List the components of this type
#[derive(Debug, clap::Args)]
pub(crate) struct List {}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    components: Vec<Summary>,
    /// Null: the list is whole.
    next: Option<String>,
}

impl List {
    pub(super) fn execute(self, kind: ComponentType, context: &Context) -> Result<Exit, Error> {
        let settings = context.project.settings()?;
        let components = settings.components(Some(kind)).into_iter();
        let output = Output {
            components: components
                .map(|component| Summary::of(&settings, component))
                .collect(),
            next: None,
        };
        let out = &context.out;
        out.show(&output, || {
            if output.components.is_empty() {
                return Ok(String::new());
            }
            let mut table = Table::new([
                Column::new("NAME"),
                Column::new("FLAVOR"),
                Column::optional("STACKS", 3),
                Column::optional("DEFINED", 2),
            ]);
            for component in &output.components {
                table.push([
                    Cell::styled(&component.name, Style::Bold),
                    Cell::new(&component.flavor),
                    Cell::new(component.stacks.join(", ")),
                    Cell::new(component.defined.to_string()),
                ]);
            }
            Ok(out.table(&table))
        })?;
        if output.components.is_empty() {
            out.hint(&format!(
                "there is no {}: `{} {} flavor list` shows what can be registered",
                kind.words(),
                program(),
                kind.command()
            ));
        }
        Ok(Exit::Success)
    }
}
