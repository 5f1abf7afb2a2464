//! `run compare`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use zen_core::client::{Client, RunView, StepView};
use zen_core::metadata::{IdKind, RunFilter, Status};

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::json::RunSummary;
use crate::output::{Cell, Column, Out, Style, Table, color, id, time};

/// Say in what two runs differ: arguments, metrics, steps, what went into them and what came out
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  zen run compare training             # the newest run with the one before it\n  zen run compare 019aa5c3 training"
)]
pub(crate) struct Compare {
    /// One run
    a: String,
    /// The other [default: the run of the same pipeline before the one, which is then the first of the two]
    b: Option<String>,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    a: RunSummary,
    b: RunSummary,
    /// Arguments that differ.
    arguments: Vec<Difference>,
    /// Metrics of either run, by step and name.
    metrics: Vec<Metric>,
    /// Steps of either run.
    steps: Vec<Step>,
    /// Whether anything differs but times.
    differs: bool,
}

#[derive(Debug, Serialize)]
struct Difference {
    name: String,
    a: Option<Value>,
    b: Option<Value>,
}

#[derive(Debug, Serialize)]
struct Metric {
    step: String,
    name: String,
    a: Option<f64>,
    b: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Step {
    name: String,
    a: Option<Side>,
    b: Option<Side>,
    /// What of the cache key differs: `code`, `input.x`, `param.rate`..
    changed: Vec<String>,
    /// The outputs whose contents differ.
    outputs: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Side {
    status: Status,
    duration: Option<f64>,
}

/// A step with what is compared of it.
struct Read {
    view: StepView,
    outputs: BTreeMap<String, String>,
    metrics: BTreeMap<String, f64>,
}

fn read(run: &RunView) -> Result<BTreeMap<String, Read>, Error> {
    let mut steps = BTreeMap::new();
    for view in run.steps()? {
        let outputs = view.outputs()?;
        let outputs = outputs
            .into_iter()
            .map(|(name, artifact)| (name, artifact.digest().to_string()));
        let metrics = view.metrics()?;
        let metrics = metrics.into_iter().map(|metric| (metric.name, metric.value));
        let read = Read {
            outputs: outputs.collect(),
            metrics: metrics.collect(),
            view,
        };
        steps.insert(read.view.name().to_owned(), read);
    }
    Ok(steps)
}

/// The run of the same pipeline before this one.
fn before(client: &Client, run: &RunView) -> Result<RunView, Error> {
    let filter = RunFilter {
        pipeline: Some(run.pipeline().to_owned()),
        before: Some(run.id()),
        limit: Some(1),
        ..RunFilter::default()
    };
    client.runs(&filter)?.pop().ok_or_else(|| {
        Error::not_found(
            format!("run {} is the first of `{}`", run.id(), run.pipeline()),
            "name another run to compare it with",
        )
    })
}

/// The names of either, each once, sorted.
fn either<'a, V>(a: &'a BTreeMap<String, V>, b: &'a BTreeMap<String, V>) -> BTreeSet<&'a String> {
    a.keys().chain(b.keys()).collect()
}

/// The names whose values differ, or that only one has.
fn differing<V: PartialEq>(a: &BTreeMap<String, V>, b: &BTreeMap<String, V>) -> Vec<String> {
    let names = either(a, b).into_iter();
    names
        .filter(|name| a.get(*name) != b.get(*name))
        .cloned()
        .collect()
}

fn step(name: &str, a: Option<&Read>, b: Option<&Read>) -> Step {
    let side = |read: &Read| Side {
        status: read.view.status(),
        duration: read.view.took().map(|took| took.as_secs_f64()),
    };
    let fields =
        |read: &Read| -> BTreeMap<String, String> { read.view.record().key_fields.iter().cloned().collect() };
    let (changed, outputs) = match (a, b) {
        (Some(a), Some(b)) => {
            let same = a.view.record().cache_key == b.view.record().cache_key;
            let changed = match same {
                true => Vec::new(),
                false => differing(&fields(a), &fields(b)),
            };
            (changed, differing(&a.outputs, &b.outputs))
        }
        _ => (Vec::new(), Vec::new()),
    };
    Step {
        name: name.to_owned(),
        a: a.map(side),
        b: b.map(side),
        changed,
        outputs,
    }
}

fn arguments(a: &RunView, b: &RunView) -> Vec<Difference> {
    let object = |run: &RunView| -> BTreeMap<String, Value> {
        let arguments = run.arguments().as_object().cloned().unwrap_or_default();
        arguments.into_iter().collect()
    };
    let (a, b) = (object(a), object(b));
    let names = differing(&a, &b).into_iter();
    names
        .map(|name| Difference {
            a: a.get(&name).cloned(),
            b: b.get(&name).cloned(),
            name,
        })
        .collect()
}

impl Command for Compare {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let a = find::run(client, &self.a)?;
        let (a, b) = match &self.b {
            Some(b) => (a, find::run(client, b)?),
            None => (before(client, &a)?, a),
        };
        let (of_a, of_b) = (read(&a)?, read(&b)?);
        let names = either(&of_a, &of_b);
        let steps: Vec<Step> = names
            .iter()
            .map(|name| step(name, of_a.get(*name), of_b.get(*name)))
            .collect();
        let mut metrics = Vec::new();
        let none = BTreeMap::new();
        for name in &names {
            let values = |read: Option<&Read>| read.map_or_else(|| none.clone(), |read| read.metrics.clone());
            let (a, b) = (values(of_a.get(*name)), values(of_b.get(*name)));
            metrics.extend(either(&a, &b).into_iter().map(|metric| Metric {
                step: (*name).clone(),
                name: metric.clone(),
                a: a.get(metric).copied(),
                b: b.get(metric).copied(),
            }));
        }
        let arguments = arguments(&a, &b);
        let step_differs = |step: &Step| {
            let status = |side: &Option<Side>| side.as_ref().map(|side| side.status.is_success());
            !step.changed.is_empty() || !step.outputs.is_empty() || status(&step.a) != status(&step.b)
        };
        let output = Output {
            differs: a.status() != b.status()
                || !arguments.is_empty()
                || metrics.iter().any(|metric| metric.a != metric.b)
                || steps.iter().any(step_differs),
            a: RunSummary::of(&a),
            b: RunSummary::of(&b),
            arguments,
            metrics,
            steps,
        };
        let short = |run: Uuid| id::short(client.stack().metadata().as_ref(), IdKind::Run, run);
        let titles = (short(output.a.id)?, short(output.b.id)?);
        context
            .out
            .show(&output, || Ok(text(&context.out, &output, &titles)))?;
        Ok(Exit::Success)
    }
}

fn text(out: &Out, output: &Output, (a, b): &(String, String)) -> String {
    let mut table = Table::new([Column::new(""), Column::new("A"), Column::new("B")]);
    let mut both = |name: &str, a: String, b: String| {
        let style = if a == b { Style::Plain } else { Style::Attention };
        table.push([Cell::new(name), Cell::styled(a, style), Cell::styled(b, style)]);
    };
    both("run", a.clone(), b.clone());
    let runs = (&output.a, &output.b);
    both("pipeline", runs.0.pipeline.clone(), runs.1.pipeline.clone());
    both("status", runs.0.status.to_string(), runs.1.status.to_string());
    both("started", out.time(runs.0.started), out.time(runs.1.started));
    let took =
        |run: &RunSummary| time::between(Some(run.started), run.ended).map_or_else(String::new, time::span);
    both("took", took(runs.0), took(runs.1));
    let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".into(), Value::to_string);
    for difference in &output.arguments {
        both(&difference.name, value(&difference.a), value(&difference.b));
    }
    let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| value.to_string());
    for metric in &output.metrics {
        let name = format!("{}.{}", metric.step, metric.name);
        both(&name, number(metric.a), number(metric.b));
    }
    let mut steps = Table::new([
        Column::new("STEP"),
        Column::new("A"),
        Column::new("B"),
        Column::optional("CHANGED", 2),
        Column::optional("OTHER OUTPUTS", 1),
    ]);
    let side = |side: &Option<Side>| match side {
        None => Cell::new("-"),
        Some(side) => {
            let took = side
                .duration
                .map(std::time::Duration::from_secs_f64)
                .map(time::span);
            let took = took.filter(|_| side.status != Status::Cached).unwrap_or_default();
            Cell::styled(
                format!("{} {took}", color::mark(side.status)),
                color::of_status(side.status),
            )
        }
    };
    for step in &output.steps {
        steps.push([
            Cell::new(&step.name),
            side(&step.a),
            side(&step.b),
            Cell::styled(step.changed.join(", "), Style::Attention),
            Cell::styled(step.outputs.join(", "), Style::Attention),
        ]);
    }
    let words = match output.differs {
        true => "",
        false => "they differ in nothing but times\n",
    };
    format!("{}\n{}{words}", out.table(&table), out.table(&steps))
}
