//! `run show`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use zen_core::client::{Client, RunView, StepView};
use zen_core::metadata::{IdKind, Status, TrackingRecord, TrackingState};

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::dag::Dag;
use crate::output::json::{ArtifactName, RunSummary, seconds};
use crate::output::{Fields, Out, Style, color, id, time};

/// Show a run: its graph with how every step went, its metrics, what it made
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  zen run show 019aa5c3\n  zen run show training   # the newest run of the pipeline"
)]
pub(crate) struct Show {
    /// The run: its id or the beginning of it, its name, or a pipeline for its newest run
    run: String,
    /// End with 1 when the run failed, and with 4 when it was cancelled
    #[arg(long)]
    check: bool,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    #[serde(flatten)]
    summary: RunSummary,
    arguments: Value,
    /// It didn't end by itself.
    died: bool,
    resumed_from: Option<Uuid>,
    host: String,
    user: String,
    pid: u32,
    git_commit: Option<String>,
    zen_version: String,
    program: Option<String>,
    /// When the slot was due that it is for.
    due: Option<DateTime<Utc>>,
    /// What the experiment tracker has of it.
    tracking: Option<TrackingRecord>,
    steps: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct Step {
    id: Uuid,
    name: String,
    status: Status,
    attempt: u32,
    /// The steps of the graph that it reads from.
    reads: Vec<String>,
    /// For a cached step, the run that made its outputs.
    cached_from: Option<Uuid>,
    started: Option<DateTime<Utc>>,
    ended: Option<DateTime<Utc>>,
    duration: Option<f64>,
    error: Option<String>,
    parameters: Value,
    inputs: Vec<Bound>,
    outputs: Vec<Bound>,
    /// The last value of each; null when it is not finite.
    metrics: BTreeMap<String, f64>,
}

/// An artifact by the argument or the output that it is.
#[derive(Debug, Serialize)]
struct Bound {
    #[serde(rename = "as")]
    name: String,
    artifact: ArtifactName,
}

impl Command for Show {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let run = find::run(client, &self.run)?;
        let steps = run.steps()?;
        let graph = graph(client, &run)?;
        let dag = Dag::of(&graph);
        let output = output(&run, &steps, &dag)?;
        context
            .out
            .show(&output, || text(&context.out, client, &output, &steps, &dag))?;
        Ok(match (self.check, run.status()) {
            (true, Status::Failed) => Exit::Failed,
            (true, Status::Cancelled) => Exit::Cancelled,
            _ => Exit::Success,
        })
    }
}

fn graph(client: &Client, run: &RunView) -> Result<Value, Error> {
    let versions = client.pipeline_versions(run.pipeline())?;
    let of_run = versions
        .into_iter()
        .find(|version| version.graph_hash == run.record().graph_hash);
    Ok(of_run.map(|version| version.graph).unwrap_or_default())
}

fn output(run: &RunView, steps: &[StepView], dag: &Dag) -> Result<Output, Error> {
    let record = run.record();
    Ok(Output {
        summary: RunSummary::of(run),
        arguments: record.arguments.clone(),
        died: record.died,
        resumed_from: record.resumed_from,
        host: record.host.clone(),
        user: record.user.clone(),
        pid: record.pid,
        git_commit: record.git_commit.clone(),
        zen_version: record.zen_version.clone(),
        program: record.program.as_ref().map(|program| program.path.clone()),
        due: record.slot.as_ref().map(|slot| slot.due),
        tracking: run.tracking()?,
        steps: steps
            .iter()
            .map(|view| step(view, dag))
            .collect::<Result<_, _>>()?,
    })
}

fn step(view: &StepView, dag: &Dag) -> Result<Step, Error> {
    let record = view.record();
    let bound = |artifacts: Vec<(String, zen_core::client::ArtifactView)>| {
        artifacts
            .into_iter()
            .map(|(name, artifact)| Bound {
                name,
                artifact: ArtifactName::of(&artifact),
            })
            .collect()
    };
    let metrics = view.metrics()?;
    Ok(Step {
        id: record.id,
        name: record.name.clone(),
        status: record.status,
        attempt: record.attempt,
        reads: dag.reads(u64::from(record.node)),
        cached_from: record.source_run,
        started: record.started,
        ended: record.ended,
        duration: seconds(record.started, record.ended),
        error: record.error.clone(),
        parameters: record.parameters.clone(),
        inputs: bound(view.inputs()?),
        outputs: bound(view.outputs()?),
        metrics: metrics
            .into_iter()
            .map(|metric| (metric.name, metric.value))
            .collect(),
    })
}

fn text(out: &Out, client: &Client, run: &Output, steps: &[StepView], dag: &Dag) -> Result<String, Error> {
    let summary = &run.summary;
    let mut fields = Fields::default();
    let short = |run| id::short(client.stack().metadata().as_ref(), IdKind::Run, run);
    let status = summary.status;
    let took = time::between(Some(summary.started), summary.ended).map(time::span);
    fields
        .styled("run", format!("{} {}", summary.name, summary.id), Style::Bold)
        .add(
            "pipeline",
            format!("{} (version {})", summary.pipeline, summary.pipeline_version),
        )
        .styled(
            "status",
            format!(
                "{} {status}{}",
                color::mark(status),
                took.map_or_else(String::new, |took| format!(" in {took}"))
            ),
            color::of_status(status),
        )
        .add("started", out.full_time(summary.started));
    if let Some(error) = &summary.error {
        fields.styled("error", error, Style::Bad);
    }
    if let Some(arguments) = run
        .arguments
        .as_object()
        .filter(|arguments| !arguments.is_empty())
    {
        let list: Vec<_> = arguments
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        fields.add("arguments", list.join("\n"));
    }
    if let (Some(schedule), Some(due)) = (&summary.schedule, run.due) {
        fields.add("schedule", format!("{schedule}, due {}", out.full_time(due)));
    }
    if let Some(earlier) = run.resumed_from {
        fields.add("continues", short(earlier)?);
    }
    fields.add("by", format!("{}@{}, process {}", run.user, run.host, run.pid));
    fields.maybe("commit", run.git_commit.as_ref());
    fields.maybe("program", run.program.as_ref());
    if let Some(tracking) = &run.tracking {
        tracked(&mut fields, tracking);
    }
    if !summary.tags.is_empty() {
        fields.add("tags", summary.tags.join(", "));
    }
    let mut text = out.fields(&fields);
    let records: Vec<_> = steps.iter().map(|step| step.record().clone()).collect();
    text += &format!("\n{}", dag.draw(&records, out.room(), out.palette()));
    text += &metrics(out, run);
    text += &made(out, run);
    Ok(text)
}

fn tracked(fields: &mut Fields, tracking: &TrackingRecord) {
    fields.add("tracked", tracking.url.as_ref().unwrap_or(&tracking.location));
    let what = tracking.undelivered.iter().map(|entry| match entry.count {
        1 => entry.what.clone(),
        count => format!("{} ({count})", entry.what),
    });
    let mut missing: Vec<_> = what.collect();
    if tracking.state == TrackingState::Lost {
        missing.push("how the run ended".to_owned());
    }
    if !missing.is_empty() {
        fields.styled("not delivered", missing.join("\n"), Style::Bad);
    }
    if let Some(error) = &tracking.error {
        fields.styled("tracker", error, Style::Bad);
    }
}

/// How many lines of metrics and of artifacts are shown.
const SHOWN: usize = 20;

fn metrics(out: &Out, run: &Output) -> String {
    let mut fields = Fields::default();
    let all = run
        .steps
        .iter()
        .flat_map(|step| step.metrics.iter().map(move |metric| (step, metric)));
    let count = all.clone().count();
    for (step, (name, value)) in all.take(SHOWN) {
        fields.add(format!("{}.{name}", step.name), value.to_string());
    }
    section(out, "metrics", count, &fields)
}

fn made(out: &Out, run: &Output) -> String {
    let mut fields = Fields::default();
    let all = run
        .steps
        .iter()
        .flat_map(|step| step.outputs.iter().map(move |bound| (step, bound)));
    let count = all.clone().count();
    for (step, bound) in all.take(SHOWN) {
        fields.add(
            bound.artifact.to_string(),
            format!("{} of {}", bound.name, step.name),
        );
    }
    section(out, "artifacts", count, &fields)
}

fn section(out: &Out, title: &str, count: usize, fields: &Fields) -> String {
    if count == 0 {
        return String::new();
    }
    let more = match count.saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("and {more} more, in --output json\n"),
    };
    format!(
        "\n{}\n{}{more}",
        out.paint(title, Style::Bold),
        out.fields(fields)
    )
}
