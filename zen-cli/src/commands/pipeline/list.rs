//! `pipeline list`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use zen_core::metadata::{RunFilter, Status};

use super::known;
use crate::Exit;
use crate::args::Page;
use crate::commands::{Command, Context, Need};
use crate::error::Error;
use crate::output::{Cell, Column, Style, Table, color};

/// List pipelines by name: those that were run, and those of the project's program
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    page: Page,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    pipelines: Vec<Pipeline>,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Pipeline {
    name: String,
    /// How many different graphs it has had.
    versions: u32,
    runs: u64,
    /// When it was first run.
    created: Option<DateTime<Utc>>,
    last_status: Option<Status>,
    last_started: Option<DateTime<Utc>>,
    /// `crate::module::name` in this program; empty when it doesn't have it.
    paths: Vec<String>,
}

impl Command for List {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let mut all: Vec<_> = known::all(client)?.into_iter().collect();
        if let Some(before) = &self.page.before {
            let (before, _) = known::one(client, before)?;
            all.retain(|(name, _)| *name > before);
        }
        let more = all.len() > self.page.limit as usize;
        all.truncate(self.page.limit as usize);
        let next = all.last().filter(|_| more).map(|(name, _)| name.clone());
        let mut pipelines = Vec::new();
        for (name, known) in all {
            let newest = RunFilter {
                pipeline: Some(name.clone()),
                limit: Some(1),
                ..RunFilter::default()
            };
            let last = client.runs(&newest)?.pop();
            let record = known.record.as_ref();
            pipelines.push(Pipeline {
                name,
                versions: record.map_or(0, |record| record.versions),
                runs: record.map_or(0, |record| record.runs),
                created: record.map(|record| record.created),
                last_status: last.as_ref().map(|run| run.status()),
                last_started: last.as_ref().map(|run| run.started()),
                paths: known.registered.into_iter().map(|info| info.path).collect(),
            });
        }
        let output = Output { pipelines, next };
        let out = &context.out;
        out.show(&output, || {
            if output.pipelines.is_empty() {
                return Ok(String::new());
            }
            let mut table = Table::new([
                Column::new("PIPELINE"),
                Column::optional("RUNS", 4),
                Column::optional("VERSIONS", 1),
                Column::optional("LAST", 3).whole(),
                Column::optional("STARTED", 2).whole(),
            ]);
            for pipeline in &output.pipelines {
                let status = pipeline.last_status.map_or_else(Cell::default, |status| {
                    Cell::styled(
                        format!("{} {status}", color::mark(status)),
                        color::of_status(status),
                    )
                });
                table.push([
                    Cell::styled(&pipeline.name, Style::Bold),
                    pipeline.runs.to_string().into(),
                    pipeline.versions.to_string().into(),
                    status,
                    pipeline
                        .last_started
                        .map_or_else(String::new, |time| out.time(time))
                        .into(),
                ]);
            }
            Ok(out.table(&table))
        })?;
        match (&output.next, output.pipelines.is_empty()) {
            (_, true) => out.hint("nothing has been run yet"),
            (Some(next), _) => out.hint(&format!("more: --before {next}")),
            _ => {}
        }
        Ok(Exit::Success)
    }

    fn need(&self) -> Need {
        Need::IfThere
    }
}
