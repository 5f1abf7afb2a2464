//! `secret list`.

use serde::Serialize;

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::output::{Cell, Column, Style, Table};

/// List the names of secrets and their keys
#[derive(Debug, clap::Args)]
pub(crate) struct List {}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    secrets: Vec<Named>,
    location: String,
    /// Null: the list is whole.
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Named {
    name: String,
    keys: Vec<String>,
}

impl Command for List {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let secrets = context.project.choice()?.secrets()?;
        let names = secrets.names()?.into_iter();
        let output = Output {
            secrets: names.map(|(name, keys)| Named { name, keys }).collect(),
            location: secrets.location(),
            next: None,
        };
        let out = &context.out;
        out.show(&output, || {
            if output.secrets.is_empty() {
                return Ok(String::new());
            }
            let mut table = Table::new([Column::new("SECRET"), Column::new("KEYS")]);
            for secret in &output.secrets {
                table.push([
                    Cell::styled(&secret.name, Style::Bold),
                    Cell::new(secret.keys.join(", ")),
                ]);
            }
            Ok(out.table(&table))
        })?;
        if output.secrets.is_empty() {
            out.hint(&format!("there are no secrets in {}", output.location));
        }
        Ok(Exit::Success)
    }
}
