//! `schedule upcoming`.

use chrono::{DateTime, Utc};
use clap::builder::RangedU64ValueParser;
use serde::Serialize;
use zen_core::metadata::{ScheduleFilter, ScheduleState};

use super::{Unreadable, hint_at, parted};
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::{Cell, Column, Table, time};

/// List what is due next, of one schedule or of all
#[derive(Debug, clap::Args)]
pub(crate) struct Upcoming {
    /// Only this schedule: its name, its id or the beginning of it
    schedule: Option<String>,
    /// At most so many
    #[arg(long, short = 'n', default_value_t = 20, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    limit: usize,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    upcoming: Vec<Slot>,
    /// Schedules that a newer zen wrote, or that are damaged.
    unreadable: Vec<Unreadable>,
    /// Null: what is due has no end, and no pages.
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Slot {
    due: DateTime<Utc>,
    schedule: String,
    pipeline: String,
}

impl Command for Upcoming {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let (schedules, unreadable) = match &self.schedule {
            Some(schedule) => (vec![find::schedule(client, schedule)?], Vec::new()),
            None => parted(client.schedules_each(&ScheduleFilter {
                state: Some(ScheduleState::Active),
                ..ScheduleFilter::default()
            })?),
        };
        let mut upcoming = Vec::new();
        for schedule in &schedules {
            let slot = |due| Slot {
                due,
                schedule: schedule.name().to_owned(),
                pipeline: schedule.pipeline().to_owned(),
            };
            upcoming.extend(schedule.upcoming(self.limit).into_iter().map(slot));
        }
        upcoming.sort_by(|a, b| (a.due, &a.schedule).cmp(&(b.due, &b.schedule)));
        upcoming.truncate(self.limit);
        let output = Output {
            upcoming,
            unreadable,
            next: None,
        };
        let out = &context.out;
        out.show(&output, || {
            if output.upcoming.is_empty() {
                return Ok(String::new());
            }
            let mut table = Table::new([
                Column::new("DUE").whole(),
                Column::optional("", 1).whole(),
                Column::new("SCHEDULE"),
                Column::optional("PIPELINE", 2),
            ]);
            for slot in &output.upcoming {
                table.push([
                    Cell::new(out.time(slot.due)),
                    Cell::new(time::exact(slot.due)),
                    Cell::new(&slot.schedule),
                    Cell::new(&slot.pipeline),
                ]);
            }
            Ok(out.table(&table))
        })?;
        hint_at(out, &output.unreadable);
        if output.upcoming.is_empty() {
            out.hint("nothing is due");
        }
        Ok(Exit::Success)
    }
}
