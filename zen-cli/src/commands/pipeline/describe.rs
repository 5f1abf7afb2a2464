//! `pipeline describe`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use zen_core::graph::PipelineInfo;
use zen_core::metadata::RunFilter;

use super::known;
use crate::Exit;
use crate::commands::{Command, Context, Need};
use crate::error::Error;
use crate::output::dag::Dag;
use crate::output::json::RunSummary;
use crate::output::{Cell, Column, Fields, Style, Table, color};

/// How many of its runs are shown.
const RUNS: u32 = 5;

/// Show a pipeline: its parameters, its graph, its versions, its last runs
#[derive(Debug, clap::Args)]
pub(crate) struct Describe {
    /// The pipeline: its name, or `crate::module::name`
    pipeline: String,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    name: String,
    /// When it was first run; null when it never was.
    created: Option<DateTime<Utc>>,
    runs: u64,
    versions: Vec<Version>,
    /// As this program has it, with its parameters and documentation; several when it has several of this name.
    registered: Vec<PipelineInfo>,
    /// The newest graph, as `Pipeline::to_json` gives it; null when it never ran.
    graph: serde_json::Value,
    /// The newest.
    last_runs: Vec<RunSummary>,
}

#[derive(Debug, Serialize)]
struct Version {
    version: u32,
    graph_hash: String,
    created: DateTime<Utc>,
}

impl Command for Describe {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let (name, known) = known::one(client, &self.pipeline)?;
        let mut versions = client.pipeline_versions(&name)?;
        let filter = RunFilter {
            pipeline: Some(name.clone()),
            limit: Some(RUNS),
            ..RunFilter::default()
        };
        let runs = client.runs(&filter)?;
        let output = Output {
            name,
            created: known.record.as_ref().map(|record| record.created),
            runs: known.record.as_ref().map_or(0, |record| record.runs),
            versions: versions
                .iter()
                .map(|version| Version {
                    version: version.number,
                    graph_hash: version.graph_hash.to_string(),
                    created: version.created,
                })
                .collect(),
            registered: known.registered,
            graph: versions.pop().map(|version| version.graph).unwrap_or_default(),
            last_runs: runs.iter().map(RunSummary::of).collect(),
        };
        let out = &context.out;
        out.show(&output, || {
            let mut fields = Fields::default();
            fields
                .styled("pipeline", &output.name, Style::Bold)
                .add("runs", output.runs.to_string())
                .add("versions", output.versions.len().to_string());
            if let Some(created) = output.created {
                fields.add("first run", out.full_time(created));
            }
            for info in &output.registered {
                fields.add("path", &info.path);
                if !info.docs.trim().is_empty() {
                    fields.add("what it does", info.docs.trim());
                }
            }
            for run in &output.last_runs {
                let words = format!(
                    "{} {} {}",
                    color::mark(run.status),
                    run.status,
                    out.time(run.started)
                );
                fields.styled(
                    "run",
                    format!("{words}  {}", run.id),
                    color::of_status(run.status),
                );
            }
            let mut text = out.fields(&fields);
            for info in output
                .registered
                .iter()
                .filter(|info| !info.parameters.is_empty())
            {
                let mut table = Table::new([
                    Column::new("PARAMETER"),
                    Column::new("TYPE"),
                    Column::optional("", 1),
                ]);
                for parameter in &info.parameters {
                    table.push([
                        Cell::styled(&parameter.name, Style::Bold),
                        Cell::new(&parameter.type_name),
                        Cell::new(if parameter.optional { "may be left out" } else { "" }),
                    ]);
                }
                text = format!("{text}\n{}", out.table(&table));
            }
            if !output.versions.is_empty() {
                let dag = Dag::of(&output.graph).outline(out.room(), out.palette());
                text = format!("{text}\n{dag}");
            }
            Ok(text)
        })?;
        Ok(Exit::Success)
    }

    fn need(&self) -> Need {
        Need::IfThere
    }
}
