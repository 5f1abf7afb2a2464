//! `run list`.

use serde::Serialize;
use uuid::Uuid;
use zen_core::metadata::{IdKind, RunFilter, Status};

use crate::Exit;
use crate::args::Page;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::json::RunSummary;
use crate::output::{Cell, Column, Table, color, id, time};

/// List runs, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: zen run list --pipeline training --status failed")]
pub(crate) struct List {
    /// Only runs of this pipeline
    #[arg(long, short)]
    pipeline: Option<String>,
    /// Only runs with this status
    #[arg(long, short, value_parser = status)]
    status: Option<Status>,
    #[command(flatten)]
    page: Page,
}

fn status(text: &str) -> Result<Status, String> {
    let known = || Status::ALL.map(|status| status.as_str()).join(", ");
    text.parse()
        .map_err(|_| format!("a status is one of {}", known()))
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    runs: Vec<RunSummary>,
    next: Option<Uuid>,
}

impl Command for List {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let pipeline = self.pipeline.as_deref();
        let before = self.page.before.as_deref();
        let filter = RunFilter {
            pipeline: pipeline.map(|name| find::pipeline(client, name)).transpose()?,
            status: self.status,
            before: before
                .map(|text| find::run(client, text).map(|run| run.id()))
                .transpose()?,
            // One more tells whether there are more.
            limit: Some(self.page.limit.saturating_add(1)),
            ..RunFilter::default()
        };
        let mut runs = client.runs(&filter)?;
        let more = runs.len() > self.page.limit as usize;
        runs.truncate(self.page.limit as usize);
        let output = Output {
            next: runs.last().filter(|_| more).map(|run| run.id()),
            runs: runs.iter().map(RunSummary::of).collect(),
        };
        let out = &context.out;
        let short = |run| id::short(client.stack().metadata().as_ref(), IdKind::Run, run);
        out.show(&output, || {
            if output.runs.is_empty() {
                return Ok(String::new());
            }
            let mut table = Table::new([
                Column::new("RUN").whole(),
                Column::new("PIPELINE").steady(),
                Column::new("STATUS").whole(),
                Column::optional("STARTED", 3).whole(),
                Column::optional("TOOK", 2).whole(),
                Column::optional("NAME", 1).whole(),
            ]);
            for run in &output.runs {
                let took = time::between(Some(run.started), run.ended).map_or_else(String::new, time::span);
                table.push([
                    Cell::new(short(run.id)?),
                    Cell::new(&run.pipeline),
                    Cell::styled(
                        format!("{} {}", color::mark(run.status), run.status),
                        color::of_status(run.status),
                    ),
                    Cell::new(out.time(run.started)),
                    Cell::new(took),
                    Cell::new(&run.name),
                ]);
            }
            Ok(out.table(&table))
        })?;
        match output.next {
            _ if output.runs.is_empty() => out.hint("there are no such runs"),
            Some(next) => out.hint(&format!("more: --before {}", short(next)?)),
            None => {}
        }
        Ok(Exit::Success)
    }
}
