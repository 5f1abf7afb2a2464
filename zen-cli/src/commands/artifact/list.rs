//! `artifact list`.

use serde::Serialize;
use zen_core::metadata::ArtifactFilter;

use crate::Exit;
use crate::args::Page;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::json::{ArtifactSummary, short_type};
use crate::output::{Cell, Column, Style, Table, time};

/// List artifacts: of each name the newest version, the newest first
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    page: Page,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    artifacts: Vec<ArtifactSummary>,
    next: Option<uuid::Uuid>,
}

impl Command for List {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let before = self.page.before.as_deref();
        let filter = ArtifactFilter {
            newest_only: true,
            before: before
                .map(|text| find::artifact(client, text).map(|artifact| artifact.id()))
                .transpose()?,
            // One more tells whether there are more.
            limit: Some(self.page.limit.saturating_add(1)),
            ..ArtifactFilter::default()
        };
        let mut newest = client.stack().metadata().artifacts(&filter)?;
        let more = newest.len() > self.page.limit as usize;
        newest.truncate(self.page.limit as usize);
        let output = Output {
            next: newest.last().filter(|_| more).map(|last| last.id),
            artifacts: newest.iter().map(ArtifactSummary::of).collect(),
        };
        let out = &context.out;
        out.show(&output, || {
            if output.artifacts.is_empty() {
                return Ok(String::new());
            }
            let mut table = Table::new([
                Column::new("ARTIFACT"),
                Column::new("VERSION").whole(),
                Column::optional("TYPE", 2),
                Column::optional("SIZE", 4).whole(),
                Column::optional("MADE", 3).whole(),
                Column::optional("TAGS", 1),
            ]);
            for artifact in &output.artifacts {
                table.push([
                    Cell::styled(&artifact.name, Style::Bold),
                    Cell::new(artifact.version.to_string()),
                    Cell::new(short_type(&artifact.type_name)),
                    Cell::new(time::bytes(artifact.size)),
                    Cell::new(out.time(artifact.created)),
                    Cell::new(artifact.tags.join(", ")),
                ]);
            }
            Ok(out.table(&table))
        })?;
        match (&output.next, output.artifacts.last()) {
            (_, None) => out.hint("there are no artifacts yet"),
            (Some(_), Some(last)) => out.hint(&format!("more: --before {}@{}", last.name, last.version)),
            _ => {}
        }
        Ok(Exit::Success)
    }
}
