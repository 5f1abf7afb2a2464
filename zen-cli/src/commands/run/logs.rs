//! `run logs`.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use serde::Serialize;
use uuid::Uuid;
use zen_core::client::{Client, RunView, StepView};
use zen_core::metadata::{LogRecord, Status};

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::{Out, Style, time, width};

/// How often a run that goes on is looked at. What is recorded tells nobody by itself.
const LOOK: Duration = Duration::from_millis(200);

/// Show what the steps of a run said
///
/// Of a cached step, what it said when it was executed. With --output json, a line of JSON for every line.
#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    /// The run: its id or the beginning of it, its name, or a pipeline for its newest run
    run: String,
    /// Only this step
    step: Option<String>,
    /// Go on until the run ends; ends with 1 when it failed, with 4 when it was cancelled
    #[arg(long, short)]
    follow: bool,
    /// Only the last so many lines
    #[arg(long, short = 'n', value_name = "LINES", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    tail: Option<usize>,
}

/// What it prints for programs: one a line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    step: &'a str,
    line: u64,
    time: chrono::DateTime<chrono::Utc>,
    level: &'a str,
    target: &'a str,
    message: &'a str,
}

impl Command for Logs {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let run = find::run(client, &self.run)?;
        if let Some(step) = &self.step {
            check_step(&run, step)?;
        }
        let mut read = Reading::default();
        let mut lines = read.more(&run, self.step.as_deref())?;
        if let Some(tail) = self.tail {
            lines.drain(..lines.len().saturating_sub(tail));
        }
        let mut shown = lines.len();
        print(&context.out, &lines)?;
        if !self.follow {
            if shown == 0 {
                context.out.hint("nothing was said");
            }
            return Ok(Exit::Success);
        }
        let ended = loop {
            // Looked at before the lines are read: what is said before the end is recorded before the end.
            let now = client.run(run.id())?;
            let over = now.status().is_final() || client.stack().has_died(now.record());
            let lines = read.more(&now, self.step.as_deref())?;
            shown += lines.len();
            print(&context.out, &lines)?;
            context.out.flush()?;
            if over {
                break now;
            }
            if context.out.is_closed() {
                return Ok(Exit::Success);
            }
            std::thread::sleep(LOOK);
        };
        if shown == 0 {
            context.out.hint("nothing was said");
        }
        told(client, context, &ended)
    }
}

fn told(client: &Client, context: &Context, run: &RunView) -> Result<Exit, Error> {
    let died = client.stack().has_died(run.record());
    context.out.hint(&match died {
        true => "the run's process has died".to_owned(),
        false => format!("the run is {}", run.status()),
    });
    Ok(match run.status() {
        _ if died => Exit::Failed,
        Status::Failed => Exit::Failed,
        Status::Cancelled => Exit::Cancelled,
        _ => Exit::Success,
    })
}

/// Refuses a step that the run hasn't, unless it may come yet.
fn check_step(run: &RunView, step: &str) -> Result<(), Error> {
    let names: Vec<String> = run.steps()?.iter().map(|step| step.name().to_owned()).collect();
    let is_there = names.iter().any(|name| is_of(name, step));
    match is_there || !run.status().is_final() {
        true => Ok(()),
        false => Err(find::missing(
            "step",
            step,
            &names,
            &format!("run show {}", run.id()),
        )),
    }
}

/// `score` is also all of `score[0]`, `score[1]`..
fn is_of(name: &str, wanted: &str) -> bool {
    name == wanted
        || name
            .strip_prefix(wanted)
            .is_some_and(|rest| rest.starts_with('['))
}

/// How far the log of each step has been read.
#[derive(Default)]
struct Reading {
    next: HashMap<Uuid, u64>,
    /// Those that had ended before their logs were read: nothing more comes.
    ended: HashSet<Uuid>,
}

impl Reading {
    /// The lines since, of all steps, in the order they were said.
    fn more(&mut self, run: &RunView, only: Option<&str>) -> Result<Vec<(String, LogRecord)>, Error> {
        let mut lines = Vec::new();
        let steps: Vec<StepView> = run.steps()?;
        for step in steps
            .iter()
            .filter(|step| only.is_none_or(|only| is_of(step.name(), only)))
        {
            if self.ended.contains(&step.id()) {
                continue;
            }
            if step.status().is_final() {
                self.ended.insert(step.id());
            }
            let next = self.next.entry(step.id()).or_default();
            let more = step.logs(*next)?;
            *next = more.last().map_or(*next, |line| line.line + 1);
            lines.extend(more.into_iter().map(|line| (step.name().to_owned(), line)));
        }
        lines.sort_by_key(|(_, line)| line.time);
        Ok(lines)
    }
}

fn print(out: &Out, lines: &[(String, LogRecord)]) -> Result<(), Error> {
    for (step, record) in lines {
        if out.is_json() {
            out.json_line(&Line {
                step,
                line: record.line,
                time: record.time,
                level: &record.level,
                target: &record.target,
                message: &record.message,
            })?;
            continue;
        }
        let style = match record.level.as_str() {
            "error" => Style::Bad,
            "warn" => Style::Attention,
            _ => Style::Plain,
        };
        let at = out.paint(&time::exact(record.time), Style::Dim);
        let step = out.paint(&width::clean(step), Style::Active);
        for line in record.message.lines() {
            out.line(&format!("{at} {step} {}", out.paint(&width::clean(line), style)))?;
        }
    }
    Ok(())
}
