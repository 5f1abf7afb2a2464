//! `schedule describe`.

use chrono::{DateTime, Utc};
use clap::builder::RangedU64ValueParser;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use zen_core::metadata::{IdKind, SlotCause, SlotState};

use super::Summary;
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::{Cell, Column, Fields, Style, Table, color, id};

/// Show a schedule and what became of its last slots
#[derive(Debug, clap::Args)]
pub(crate) struct Describe {
    /// The schedule: its name, its id or the beginning of it
    schedule: String,
    /// How many slots to show
    #[arg(long, short = 'n', default_value_t = 10, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    limit: usize,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    #[serde(flatten)]
    summary: Summary,
    arguments: Value,
    program: String,
    stack: String,
    updated: DateTime<Utc>,
    upcoming: Vec<DateTime<Utc>>,
    /// Those last due first.
    slots: Vec<Slot>,
}

#[derive(Debug, Serialize)]
struct Slot {
    id: Uuid,
    due: DateTime<Utc>,
    /// The last of several that share this record.
    last: DateTime<Utc>,
    count: u64,
    cause: SlotCause,
    state: SlotState,
    late: bool,
    reason: Option<String>,
    run: Option<Uuid>,
}

impl Command for Describe {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let schedule = find::schedule(client, &self.schedule)?;
        let record = schedule.record();
        let slots = schedule.history(self.limit)?;
        let output = Output {
            summary: Summary::of(&schedule),
            arguments: record.arguments.clone(),
            program: record.program.path.clone(),
            stack: record.stack.clone(),
            updated: record.updated,
            upcoming: schedule.upcoming(3),
            slots: slots
                .iter()
                .map(|slot| slot.record())
                .map(|slot| Slot {
                    id: slot.id,
                    due: slot.due,
                    last: slot.last,
                    count: slot.count,
                    cause: slot.cause,
                    state: slot.state,
                    late: slot.late,
                    reason: slot.reason.clone(),
                    run: slot.run,
                })
                .collect(),
        };
        let out = &context.out;
        out.show(&output, || {
            let summary = &output.summary;
            let mut fields = Fields::default();
            let reason = summary
                .reason
                .as_ref()
                .map_or_else(String::new, |reason| format!(": {reason}"));
            fields
                .styled("schedule", &summary.name, Style::Bold)
                .add("id", summary.id.to_string())
                .add("pipeline", &summary.pipeline)
                .styled(
                    "state",
                    format!("{}{reason}", summary.state),
                    color::of_schedule(summary.state),
                )
                .add("timing", &summary.timing);
            fields.maybe("next", summary.next.map(|next| out.full_time(next)));
            if let Some(arguments) = output
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
            fields
                .add("fired", summary.fired.to_string())
                .add("failures", summary.failures.to_string())
                .add("program", &output.program)
                .add("made", out.full_time(summary.created));
            let mut table = Table::new([
                Column::new("DUE").whole(),
                Column::new("STATE").whole(),
                Column::optional("RUN", 3).whole(),
                Column::optional("CAUSE", 1),
                Column::optional("REASON", 2),
            ]);
            for slot in &output.slots {
                let run = match slot.run {
                    Some(run) => id::short(client.stack().metadata().as_ref(), IdKind::Run, run)?,
                    None => String::new(),
                };
                let count = if slot.count > 1 {
                    format!(" ×{}", slot.count)
                } else {
                    String::new()
                };
                table.push([
                    Cell::new(out.time(slot.due)),
                    Cell::styled(format!("{}{count}", slot.state), color::of_slot(slot.state)),
                    Cell::new(run),
                    Cell::new(slot.cause.as_str()),
                    Cell::new(slot.reason.as_deref().unwrap_or_default()),
                ]);
            }
            let table = match output.slots.is_empty() {
                true => String::new(),
                false => format!("\n{}", out.table(&table)),
            };
            Ok(out.fields(&fields) + &table)
        })?;
        Ok(Exit::Success)
    }
}
