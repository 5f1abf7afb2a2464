//! `schedule list`.

use serde::Serialize;
use zen_core::metadata::{ScheduleFilter, ScheduleState};

use super::{Summary, Unreadable, hint_at, parted};
use crate::Exit;
use crate::args::Page;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::{Cell, Column, Style, Table, color};

/// List schedules by name
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Only those of this pipeline
    #[arg(long, short)]
    pipeline: Option<String>,
    /// Only those in this state: active, paused or ended
    #[arg(long, short, value_parser = state)]
    state: Option<ScheduleState>,
    #[command(flatten)]
    page: Page,
}

fn state(text: &str) -> Result<ScheduleState, String> {
    text.parse()
        .map_err(|_| "a state is one of active, paused, ended".to_owned())
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    schedules: Vec<Summary>,
    /// Those that a newer zen wrote, or that are damaged.
    unreadable: Vec<Unreadable>,
    next: Option<String>,
}

impl Command for List {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let (pipeline, before) = (self.pipeline.as_deref(), self.page.before.as_deref());
        let filter = ScheduleFilter {
            pipeline: pipeline
                .map(|name| find::known_pipeline(client, name))
                .transpose()?,
            state: self.state,
            after: before.map(|text| find::schedule_name(client, text)).transpose()?,
            limit: Some(self.page.limit.saturating_add(1)),
        };
        let mut found = client.schedules_each(&filter)?;
        let more = found.len() > self.page.limit as usize;
        found.truncate(self.page.limit as usize);
        let last = found.last().map(|last| match last {
            Ok(schedule) => schedule.name().to_owned(),
            Err(unreadable) => unreadable.name.clone(),
        });
        let (schedules, unreadable) = parted(found);
        let output = Output {
            next: last.filter(|_| more),
            schedules: schedules.iter().map(Summary::of).collect(),
            unreadable,
        };
        let out = &context.out;
        out.show(&output, || {
            if output.schedules.is_empty() {
                return Ok(String::new());
            }
            let mut table = Table::new([
                Column::new("SCHEDULE"),
                Column::new("STATE").whole(),
                Column::optional("NEXT", 4).whole(),
                Column::optional("PIPELINE", 3),
                Column::optional("TIMING", 2),
                Column::optional("FAILURES", 1),
            ]);
            for schedule in &output.schedules {
                table.push([
                    Cell::styled(&schedule.name, Style::Bold),
                    Cell::styled(schedule.state.as_str(), color::of_schedule(schedule.state)),
                    Cell::new(schedule.next.map_or_else(String::new, |next| out.time(next))),
                    Cell::new(&schedule.pipeline),
                    Cell::new(&schedule.timing),
                    Cell::new(schedule.failures.to_string()),
                ]);
            }
            Ok(out.table(&table))
        })?;
        hint_at(out, &output.unreadable);
        match &output.next {
            _ if output.schedules.is_empty() && output.unreadable.is_empty() => {
                out.hint("there are no such schedules")
            }
            Some(next) => out.hint(&format!("more: --before {next}")),
            None => {}
        }
        Ok(Exit::Success)
    }
}
