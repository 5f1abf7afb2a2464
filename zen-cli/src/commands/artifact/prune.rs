//! `artifact prune`.

use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;
use zen_core::upkeep::{PruneCounts, PrunePolicy, PruneReport};

use crate::Exit;
use crate::args::{Confirm, duration};
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::{ask, time};
use crate::project::wait;

/// Remove old runs and what only they needed
///
/// Shows first what would go, and asks. What services, schedules, tags or newer runs need stays; so does the newest run of every pipeline.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("policy").required(true).multiple(true).args(["keep_last", "older_than"]))]
#[command(after_help = "Example: zen artifact prune --keep-last 20 --older-than 30d")]
pub(crate) struct Prune {
    /// The newest so many runs of every pipeline stay
    #[arg(long, value_name = "RUNS")]
    keep_last: Option<u32>,
    /// Only runs that ended longer ago than this: `12h`, `30d`
    #[arg(long, value_name = "AGE", value_parser = duration)]
    older_than: Option<Duration>,
    /// Only runs of this pipeline
    #[arg(long, short)]
    pipeline: Option<String>,
    /// Also objects that nothing refers to; only for a store that no other project uses
    #[arg(long)]
    unreferenced: bool,
    /// Only show what would go
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    confirm: Confirm,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    dry_run: bool,
    planned: Counts,
    removed: Counts,
    /// What stays although the policy would let it go, and why.
    kept: Vec<KeptFor>,
    /// Objects that are in another store, where they stay.
    elsewhere: u64,
    /// Runs that have to end before the rest goes.
    waiting_for: Vec<Uuid>,
}

#[derive(Debug, Serialize)]
struct Counts {
    runs: u64,
    steps: u64,
    artifacts: u64,
    objects: u64,
    bytes: u64,
    slots: u64,
}

#[derive(Debug, Serialize)]
struct KeptFor {
    reason: String,
    count: u64,
}

impl From<PruneCounts> for Counts {
    fn from(counts: PruneCounts) -> Self {
        Self {
            runs: counts.runs,
            steps: counts.steps,
            artifacts: counts.artifacts,
            objects: counts.objects,
            bytes: counts.bytes,
            slots: counts.slots,
        }
    }
}

impl Prune {
    fn policy(&self) -> PrunePolicy {
        let policy = match (self.keep_last, self.older_than) {
            (Some(runs), None) => PrunePolicy::keep_last(runs),
            (Some(runs), Some(age)) => PrunePolicy::keep_last(runs).older_than(age),
            // The parser wants one of them.
            (None, age) => PrunePolicy::age(age.unwrap_or(Duration::MAX)),
        };
        let policy = match &self.pipeline {
            Some(pipeline) => policy.pipeline(pipeline),
            None => policy,
        };
        match self.unreferenced {
            true => policy.with_unreferenced_objects(),
            false => policy,
        }
    }
}

fn words(counts: &PruneCounts) -> String {
    format!(
        "{} runs with {} steps, {} artifact versions, {} objects of {}, {} slots of schedules",
        counts.runs,
        counts.steps,
        counts.artifacts,
        counts.objects,
        time::bytes(counts.bytes),
        counts.slots
    )
}

impl Command for Prune {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.open()?;
        if let Some(pipeline) = &self.pipeline {
            find::pipeline(&client, pipeline)?;
        }
        let policy = self.policy();
        let planned = wait(client.prune(&policy, true))??;
        let nothing = planned.planned == PruneCounts::default();
        if self.dry_run || nothing {
            return show(context, &planned, self.dry_run);
        }
        context
            .out
            .hint(&format!("to be removed: {}", words(&planned.planned)));
        // Hints are for people.
        let question = match context.out.is_json() {
            true => format!("Remove {}?", words(&planned.planned)),
            false => "Remove this?".to_owned(),
        };
        ask::confirm(&question, self.confirm)?;
        let report = wait(client.prune(&policy, false))??;
        show(context, &report, false)
    }
}

fn show(context: &Context, report: &PruneReport, dry_run: bool) -> Result<Exit, Error> {
    let output = Output {
        dry_run,
        planned: report.planned.into(),
        removed: report.removed.into(),
        kept: report
            .kept
            .iter()
            .map(|kept| KeptFor {
                reason: kept.reason.to_string(),
                count: kept.count,
            })
            .collect(),
        elsewhere: report.elsewhere,
        waiting_for: report.waiting_for.clone(),
    };
    context.out.show(&output, || {
        let (verb, counts) = match dry_run {
            true => ("to be removed", &report.planned),
            false => ("removed", &report.removed),
        };
        let mut text = format!("{verb}: {}\n", words(counts));
        for kept in &output.kept {
            text += &format!("stays, {}: {}\n", kept.reason, kept.count);
        }
        if output.elsewhere > 0 {
            text += &format!("in another store, where it stays: {} objects\n", output.elsewhere);
        }
        if !output.waiting_for.is_empty() {
            text += &format!(
                "the rest goes with the next prune after the end of {} that go on\n",
                output.waiting_for.len()
            );
        }
        Ok(text)
    })?;
    Ok(Exit::Success)
}
