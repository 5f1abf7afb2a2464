//! `pipeline describe`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use zen_core::metadata::RunFilter;

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::dag::Dag;
use crate::output::json::RunSummary;
use crate::output::{Fields, Style, color};

/// How many of its runs are shown.
const RUNS: u32 = 5;

/// Show a pipeline: its graph, its versions, its last runs
#[derive(Debug, clap::Args)]
pub(crate) struct Describe {
    /// The pipeline's name
    pipeline: String,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    name: String,
    created: DateTime<Utc>,
    runs: u64,
    versions: Vec<Version>,
    /// The newest graph, as `Pipeline::to_json` gives it.
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
        let name = find::pipeline(client, &self.pipeline)?;
        let record = client
            .pipelines()?
            .into_iter()
            .find(|pipeline| pipeline.name == name);
        let record = record.ok_or_else(|| find::missing("pipeline", &name, &[], "pipeline list"))?;
        let mut versions = client.pipeline_versions(&name)?;
        let filter = RunFilter {
            pipeline: Some(name.clone()),
            limit: Some(RUNS),
            ..RunFilter::default()
        };
        let runs = client.runs(&filter)?;
        let output = Output {
            name,
            created: record.created,
            runs: record.runs,
            versions: versions
                .iter()
                .map(|version| Version {
                    version: version.number,
                    graph_hash: version.graph_hash.to_string(),
                    created: version.created,
                })
                .collect(),
            graph: versions.pop().map(|version| version.graph).unwrap_or_default(),
            last_runs: runs.iter().map(RunSummary::of).collect(),
        };
        let out = &context.out;
        out.show(&output, || {
            let mut fields = Fields::default();
            fields
                .styled("pipeline", &output.name, Style::Bold)
                .add("runs", output.runs.to_string())
                .add("versions", output.versions.len().to_string())
                .add("first run", out.full_time(output.created));
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
            let dag = Dag::of(&output.graph).outline(out.room(), out.palette());
            Ok(format!("{}\n{dag}", out.fields(&fields)))
        })?;
        Ok(Exit::Success)
    }
}
