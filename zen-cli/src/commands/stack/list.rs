//! `stack list`.

use serde::Serialize;

use super::Summary;
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::output::{Cell, Column, Style, Table};

/// List the stacks of the project
#[derive(Debug, clap::Args)]
pub(crate) struct List {}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    stacks: Vec<Summary>,
    active: String,
    /// Null: the list is whole.
    next: Option<String>,
}

impl Command for List {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let settings = context.project.settings()?;
        let stacks = settings.stacks();
        let output = Output {
            stacks: stacks
                .into_iter()
                .map(|stack| Summary::of(&settings, stack))
                .collect(),
            active: settings.active().0,
            next: None,
        };
        let out = &context.out;
        out.show(&output, || {
            let mut table = Table::new([
                Column::new("STACK"),
                Column::new("ACTIVE").whole(),
                Column::optional("COMPONENTS", 3),
                Column::optional("DEFINED", 2),
            ]);
            for stack in &output.stacks {
                let parts: Vec<_> = stack
                    .components
                    .iter()
                    .map(|(kind, name)| format!("{kind} = {name}"))
                    .collect();
                table.push([
                    Cell::styled(&stack.name, Style::Bold),
                    Cell::new(if stack.active { "yes" } else { "" }),
                    Cell::new(parts.join("\n")),
                    Cell::new(stack.defined.to_string()),
                ]);
            }
            Ok(out.table(&table))
        })?;
        if output.stacks.iter().all(|stack| !stack.active) {
            out.hint(&format!(
                "the active stack `{}` isn't there: name another with `{} stack set`",
                output.active,
                crate::run::program()
            ));
        }
        Ok(Exit::Success)
    }
}
