//! `stack check`.

use serde::Serialize;
use zen_core::stack::ComponentCheck;

use crate::Exit;
use crate::commands::{Command, Context, Need};
use crate::error::Error;
use crate::output::{Cell, Column, Style, Table};

/// Ask every component of a stack whether it can be used
///
/// Nothing is changed. Ends with 1 when one can't be used.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The stack [default: the active one]
    name: Option<String>,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    ok: bool,
    components: Vec<ComponentCheck>,
}

impl Command for Check {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let components = context.project.choice_of(self.name.as_ref())?.check()?;
        let output = Output {
            ok: components.iter().all(ComponentCheck::is_ok),
            components,
        };
        let out = &context.out;
        out.show(&output, || {
            let mut table = Table::new([
                Column::new("COMPONENT"),
                Column::optional("NAME", 3),
                Column::optional("WHERE", 2),
                Column::new("STATE"),
            ]);
            for component in &output.components {
                let state = match &component.problem {
                    None => Cell::styled("ok", Style::Good),
                    Some(problem) => Cell::styled(problem, Style::Bad),
                };
                table.push([
                    Cell::styled(component.kind.words(), Style::Bold),
                    Cell::new(format!("{} ({})", component.name, component.flavor)),
                    Cell::new(&component.location),
                    state,
                ]);
            }
            Ok(out.table(&table))
        })?;
        Ok(match output.ok {
            true => Exit::Success,
            false => Exit::Failed,
        })
    }

    fn need(&self) -> Need {
        Need::IfThere
    }
}
