//! `status`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;
use zen_core::client::Client;
use zen_core::metadata::{RunFilter, ScheduleFilter, ScheduleState, SchedulerRecord, ServiceState, Status};
use zen_core::stack::Liveness;

use super::schedule::{Unreadable, hint_at, parted};
use super::{Command, Context};
use crate::Exit;
use crate::error::Error;
use crate::find;
use crate::output::{Fields, Style, color, time};

/// How many of the newest runs are counted.
const RUNS: u32 = 100;

/// Show the project at a glance
#[derive(Debug, clap::Args)]
pub(crate) struct ShowStatus {}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    project: PathBuf,
    home: PathBuf,
    /// As `zen.toml` names it; null when it doesn't.
    program: Option<Vec<String>>,
    stack: String,
    /// Null while there is nothing to be opened: nothing has been run.
    artifact_store: Option<String>,
    pipelines: usize,
    /// Of the newest 100 runs, by status.
    runs: BTreeMap<&'static str, usize>,
    /// By state.
    model_servers: BTreeMap<&'static str, usize>,
    schedules: Vec<NextSlot>,
    /// Schedules that a newer zen wrote, or that are damaged.
    unreadable: Vec<Unreadable>,
    /// Schedulers at work.
    schedulers: usize,
    /// Bytes of everything in `home`.
    size: u64,
}

#[derive(Debug, Serialize)]
struct NextSlot {
    name: String,
    state: ScheduleState,
    next: Option<DateTime<Utc>>,
}

/// Schedulers whose process lives, as far as can be seen from here.
pub(crate) fn schedulers(client: &Client) -> Result<Vec<SchedulerRecord>, Error> {
    let mut alive = client.stack().metadata().schedulers()?;
    if let Some(home) = client.stack().home() {
        let live = home.join("live");
        alive.retain(|scheduler| {
            let process = scheduler.process;
            // What another machine's process does can't be seen from here; when in doubt it is alive.
            process.is_none_or(|process| Liveness::is_alive(&live, process).unwrap_or(true))
        });
    }
    Ok(alive)
}

/// How much is in a folder. What vanishes meanwhile counts for nothing.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

impl Command for ShowStatus {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let stack = client.stack();
        let settings = context.project.settings()?;
        let program = settings.program().map(|program| program.command.clone());
        let filter = RunFilter {
            limit: Some(RUNS),
            ..RunFilter::default()
        };
        let mut runs = BTreeMap::new();
        for run in client.runs(&filter)? {
            *runs.entry(run.status().as_str()).or_default() += 1;
        }
        let mut model_servers = BTreeMap::new();
        for state in super::models::states(&find::servers(client)?)? {
            *model_servers.entry(state.as_str()).or_default() += 1;
        }
        let (schedules, unreadable) = parted(client.schedules_each(&ScheduleFilter::default())?);
        let output = Output {
            project: context.project.folder().to_owned(),
            home: context.project.home().to_owned(),
            program,
            stack: context.project.choice()?.plan()?.name,
            // What stands in for a project in which nothing has been run has no folder.
            artifact_store: stack.home().map(|_| stack.artifacts().url().to_owned()),
            pipelines: client.pipelines()?.len(),
            runs,
            model_servers,
            schedules: schedules
                .iter()
                .map(|schedule| NextSlot {
                    name: schedule.name().to_owned(),
                    state: schedule.state(),
                    next: schedule.next(),
                })
                .collect(),
            unreadable,
            schedulers: schedulers(client)?.len(),
            size: size(context.project.home()),
        };
        let out = &context.out;
        out.show(&output, || {
            let mut fields = Fields::default();
            fields
                .styled("project", output.project.display().to_string(), Style::Bold)
                .maybe(
                    "program",
                    output.program.as_ref().map(|program| program.join(" ")),
                )
                .add(
                    "stack",
                    match &output.artifact_store {
                        Some(store) => format!("{}, artifacts in {store}", output.stack),
                        None => output.stack.clone(),
                    },
                )
                .add("pipelines", output.pipelines.to_string())
                .add("runs", counts(&output.runs, &Status::ALL.map(Status::as_str)))
                .add(
                    "models",
                    counts(
                        &output.model_servers,
                        &ServiceState::ALL.map(ServiceState::as_str),
                    ),
                );
            for schedule in &output.schedules {
                let next = schedule
                    .next
                    .map_or_else(String::new, |next| format!(", next {}", out.time(next)));
                let words = format!("{} is {}{next}", schedule.name, schedule.state);
                fields.styled("schedule", words, color::of_schedule(schedule.state));
            }
            fields
                .add("schedulers", format!("{} at work", output.schedulers))
                .add("size", time::bytes(output.size));
            Ok(out.fields(&fields))
        })?;
        hint_at(out, &output.unreadable);
        let waits = output.schedules.iter().any(|schedule| schedule.next.is_some());
        if waits && output.schedulers == 0 {
            out.hint("no scheduler is at work: schedules fire when one is");
        }
        Ok(Exit::Success)
    }
}

/// `3 completed, 1 failed`, in the order of the states.
fn counts(counts: &BTreeMap<&'static str, usize>, order: &[&'static str]) -> String {
    let words: Vec<_> = order
        .iter()
        .filter_map(|name| Some(format!("{} {}", counts.get(name)?, name.replace('_', " "))))
        .collect();
    match words.is_empty() {
        true => "none".into(),
        false => words.join(", "),
    }
}
