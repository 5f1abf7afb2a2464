//! `artifact versions`.

use serde::Serialize;
use zen_core::metadata::{ArtifactFilter, IdKind};

use crate::Exit;
use crate::args::Page;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::json::ArtifactSummary;
use crate::output::{Cell, Column, Style, Table, id, time};

/// List the versions of an artifact, newest first
#[derive(Debug, clap::Args)]
pub(crate) struct Versions {
    /// The artifact's name
    artifact: String,
    #[command(flatten)]
    page: Page,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    versions: Vec<ArtifactSummary>,
    next: Option<uuid::Uuid>,
}

impl Command for Versions {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let metadata = client.stack().metadata();
        let before = self.page.before.as_deref();
        let filter = ArtifactFilter {
            name: Some(find::artifact_name(client, &self.artifact)?),
            before: before
                .map(|text| find::artifact(client, text).map(|artifact| artifact.id()))
                .transpose()?,
            limit: Some(self.page.limit.saturating_add(1)),
            ..ArtifactFilter::default()
        };
        let mut records = metadata.artifacts(&filter)?;
        let more = records.len() > self.page.limit as usize;
        records.truncate(self.page.limit as usize);
        let output = Output {
            next: records.last().filter(|_| more).map(|last| last.id),
            versions: records.iter().map(ArtifactSummary::of).collect(),
        };
        let out = &context.out;
        out.show(&output, || {
            let mut table = Table::new([
                Column::new("VERSION").whole(),
                Column::new("MADE").whole(),
                Column::optional("SIZE", 4).whole(),
                Column::optional("RUN", 3).whole(),
                Column::optional("CONTENT", 2).whole(),
                Column::optional("TAGS", 1),
            ]);
            for version in &output.versions {
                let run = match version.run {
                    Some(run) => id::short(metadata.as_ref(), IdKind::Run, run)?,
                    None => String::new(),
                };
                table.push([
                    Cell::styled(format!("{}@{}", version.name, version.version), Style::Bold),
                    Cell::new(out.time(version.created)),
                    Cell::new(time::bytes(version.size)),
                    Cell::new(run),
                    Cell::new(version.digest.chars().take(12).collect::<String>()),
                    Cell::new(version.tags.join(", ")),
                ]);
            }
            Ok(out.table(&table))
        })?;
        if let (Some(_), Some(last)) = (output.next, output.versions.last()) {
            out.hint(&format!("more: --before {}@{}", last.name, last.version));
        }
        Ok(Exit::Success)
    }
}
