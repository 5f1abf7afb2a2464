//! Keeping a schedule: `pipeline(args).schedule("nightly", schedule).await`.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use chrono::{DateTime, TimeDelta, Utc};

use super::options::{Options, Timing};
use super::{CatchUp, Schedule, ScheduleView, SchedulingError};
use crate::client::blocking;
use crate::graph::{ErasedPipeline, Hook, Hooks, IntoHook, Pipeline, PipelineOutput, rebuild_pipeline};
use crate::metadata::{Change, MetadataError, ProgramRecord, ScheduleRecord, ScheduleState, check_label};
use crate::runner::{Arguments, FailurePolicy};
use crate::stack::Stack;

/// How often a change is tried again that somebody else's change has overtaken.
pub(super) const TRIES: usize = 20;

impl<O: PipelineOutput> Pipeline<O> {
    /// Keeps a schedule on which a [`Scheduler`](super::Scheduler) runs this pipeline with these arguments: in this program or in another one
    /// of the same project, now and after every restart.
    ///
    /// Nothing is kept until it is awaited. A schedule of this name and of the same pipeline is brought up to date: its arguments, its options,
    /// its policies, its program, and when its expression or interval, its zone, start, end or number of runs are others, its slots from now on, of
    /// which the runs are counted anew. So a program may say this at each of its starts, with fixed values: a start or an end that is computed from
    /// the time of asking would make another schedule of it at every start. What somebody has paused stays paused.
    ///
    /// ```
    /// use zen_core::prelude::*;
    /// use zen_core::schedule::{CatchUp, Schedule, Tz};
    ///
    /// #[step]
    /// fn count(up_to: u64) -> u64 { (0..up_to).sum() }
    /// #[pipeline]
    /// fn counting(up_to: u64) -> Artifact<u64> { count(up_to) }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let stack = Stack::in_memory()?;
    /// let nights = Schedule::cron("0 2 * * 1-5")?.in_timezone(Tz::Europe__Berlin).catch_up(CatchUp::Latest);
    /// let nightly = counting(100).schedule("nightly", nights).on(&stack).pause_after_failures(3).await?;
    /// println!("{}: {}, next at {:?}", nightly.name(), nightly.describe(), nightly.next());
    /// # Ok(())
    /// # }
    /// ```
    pub fn schedule(self, name: impl Into<String>, schedule: Schedule) -> Scheduling {
        Scheduling {
            pipeline: self.erase(),
            name: name.into(),
            schedule,
            stack: None,
            options: Options::default(),
            hooks: Hooks::new(),
        }
    }
}

/// A schedule that is about to be kept: await it.
///
/// # Errors
/// When the pipeline can't be started by its name, when its graph has a mistake, when the schedule has no slot left, when the name belongs to
/// a schedule of another pipeline, or when the store fails. Nothing is kept then.
#[derive(Debug)]
#[must_use = "nothing is kept until it is awaited"]
pub struct Scheduling {
    pipeline: ErasedPipeline,
    name: String,
    schedule: Schedule,
    stack: Option<Stack>,
    options: Options,
    hooks: Hooks,
}

impl Scheduling {
    /// Keeps it on this stack instead of the project's.
    pub fn on(mut self, stack: &Stack) -> Self {
        self.stack = Some(stack.clone());
        self
    }

    /// Turns the cache on or off for the runs, as [`Launch::cache`](crate::runner::Launch::cache).
    pub fn cache(mut self, yes: bool) -> Self {
        self.options.cache = Some(yes);
        self
    }

    /// What becomes of the other steps of a run when one fails.
    pub fn failure(mut self, policy: FailurePolicy) -> Self {
        self.options.failure = Some(policy);
        self
    }

    /// How many steps of a run may be executed at once. At least 1.
    pub fn parallel(mut self, attempts: usize) -> Self {
        self.options.parallel = Some(attempts.max(1));
        self
    }

    /// Adds a label of at most 255 bytes to the runs.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.options.tags.push(tag.into());
        self
    }

    /// Pauses the schedule when so many of its runs have failed in a row (default: never). Somebody has to
    /// [resume](ScheduleView::resume) it.
    pub fn pause_after_failures(mut self, failures: u32) -> Self {
        self.options.pause_after = Some(failures.max(1));
        self
    }

    /// Calls this [hook](crate::graph::Hook) when a slot's run has completed. The function is marked `#[zen_core::hook]`: whatever process fires
    /// the slot finds it by its name. Hooks that were added to the pipeline's value (`pipeline().on_success(..)`) become the schedule's in the same
    /// way; those of its attribute and of its steps are called as in every run.
    pub fn on_success<Kind>(mut self, hook: impl IntoHook<Kind>) -> Self {
        self.hooks = self.hooks.on_success(hook);
        self
    }

    /// Calls this [hook](crate::graph::Hook) when a slot's run has failed or could not be started; not for slots that were skipped, missed or
    /// cancelled. See [`on_success`](Self::on_success). It is called when the slot is settled, at most once, by whatever program has it, and given up
    /// after a minute; it keeps no other slot from being fired.
    ///
    /// ```
    /// use zen_core::prelude::*;
    /// use zen_core::schedule::Schedule;
    ///
    /// #[zen_core::hook]
    /// async fn mail(event: HookEvent) -> Result<()> {
    ///     eprintln!("{event}"); // a mail, a message..
    ///     Ok(())
    /// }
    /// # #[step]
    /// # fn one() -> u8 { 1 }
    /// # #[pipeline]
    /// # fn nightly() -> Artifact<u8> { one() }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let stack = Stack::in_memory()?;
    /// nightly().schedule("nightly", Schedule::cron("@daily")?).on_failure(mail).on(&stack).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_failure<Kind>(mut self, hook: impl IntoHook<Kind>) -> Self {
        self.hooks = self.hooks.on_failure(hook);
        self
    }

    async fn keep(self) -> Result<ScheduleView, SchedulingError> {
        tokio::runtime::Handle::try_current().map_err(|error| SchedulingError::Runtime(error.to_string()))?;
        let kept = move || Ok(self.keep_now());
        blocking(kept).await?
    }

    fn keep_now(self) -> Result<ScheduleView, SchedulingError> {
        let name = self.name.as_str();
        check_name(name)?;
        for tag in &self.options.tags {
            check_label(tag).map_err(|reason| SchedulingError::Label {
                schedule: name.to_owned(),
                what: "tag".to_owned(),
                reason,
            })?;
        }
        let path = startable(name, &self.pipeline)?;
        let stack = match self.stack {
            Some(stack) => stack,
            None => Stack::active()?,
        };
        let program = program(&stack, name)?;
        let mut options = self.options;
        let hooks = self.pipeline.added_hooks.clone().and(self.hooks);
        (options.on_success, options.on_failure) =
            hook_names(hooks).map_err(|reason| SchedulingError::Hook {
                schedule: name.to_owned(),
                reason,
            })?;
        options.startable = can_be_started();
        let options = serde_json::to_value(&options).map_err(|error| unwritable(name, "options", &error))?;
        for _ in 0..TRIES {
            let now = stack.clock().now();
            let arguments = Arguments::of(&self.pipeline, None, now);
            let there = stack.metadata().schedule_named(name)?;
            if let Some(there) = there.as_ref().filter(|there| there.pipeline_path != path) {
                return Err(SchedulingError::OtherPipeline {
                    schedule: name.to_owned(),
                    theirs: there.pipeline_path.clone(),
                    ours: path,
                });
            }
            let mut record = there
                .clone()
                .unwrap_or_else(|| blank(&stack, name, &self.pipeline, now));
            begin(&mut record, &self.schedule, now)?;
            record.pipeline_path.clone_from(&path);
            record.options.clone_from(&options);
            record.arguments = self.pipeline.arguments();
            record.arguments_encoded.clone_from(&arguments.recorded);
            stack.name().clone_into(&mut record.stack);
            stack.artifacts().url().clone_into(&mut record.artifacts);
            record.program = program.clone();
            if there.as_ref() == Some(&record) {
                return ScheduleView::new(stack, record);
            }
            record.updated = now;
            let stored = arguments.store(&stack).map_err(|error| match error {
                crate::runner::RunError::Client(error) => SchedulingError::Client(error),
                other => SchedulingError::Runtime(other.to_string()),
            })?;
            let id = record.id;
            let applied = stack.metadata().apply(&[Change::Schedule(Box::new(record))]);
            // The object of large arguments is no artifact of its own: the schedule keeps it, and what held it until now may go.
            drop(stored);
            match applied {
                // Somebody else was quicker: what they wrote is looked at.
                Err(MetadataError::Stale { .. } | MetadataError::NameTaken { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => {
                    if let Some(record) = stack.metadata().schedule(id)? {
                        // Between the first copy and the record, somebody who removes what nobody refers to may have come along.
                        self::program(&stack, name)?;
                        return ScheduleView::new(stack, record);
                    }
                }
            }
        }
        Err(SchedulingError::Contended {
            schedule: name.to_owned(),
        })
    }
}

impl IntoFuture for Scheduling {
    type Output = Result<ScheduleView, SchedulingError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.keep())
    }
}

/// Sets the slots that come from now on. Of a schedule that has the same ones already, only the policies change.
pub(super) fn begin(
    record: &mut ScheduleRecord,
    schedule: &Schedule,
    now: DateTime<Utc>,
) -> Result<(), SchedulingError> {
    // What can't be read was written by another zen: it counts as another one.
    let before = Timing::of(record)
        .ok()
        .filter(|before| before.schedule.has_slots_of(schedule));
    if let Some(before) = before {
        let timing = Timing {
            schedule: schedule.clone(),
            ..before
        };
        record.timing =
            serde_json::to_value(&timing).map_err(|error| unwritable(&record.name, "time table", &error))?;
        return Ok(());
    }
    let timing = Timing {
        schedule: schedule.clone(),
        since: now,
    };
    let fixed = timing.fixed();
    // Slots of the time before the schedule was made are made up for only on request.
    let new = record.timing.is_null();
    let cursor = match fixed.start() {
        Some(start) if new && start <= now && fixed.catch_up_policy() == CatchUp::All => {
            start - TimeDelta::microseconds(1)
        }
        _ if new => now,
        // After a clock that was wrong, the cursor may be ahead: the scheduler puts it back.
        _ => record.cursor.max(now),
    };
    if fixed.next_after(cursor).is_none() {
        return Err(SchedulingError::NeverFires {
            schedule: record.name.clone(),
            words: schedule.to_string(),
            now,
        });
    }
    record.timing =
        serde_json::to_value(&timing).map_err(|error| unwritable(&record.name, "time table", &error))?;
    record.cursor = cursor;
    record.reached = record.reached.max(cursor);
    record.fired = 0;
    if record.state == ScheduleState::Ended {
        record.state = ScheduleState::Active;
        record.reason = None;
    }
    Ok(())
}

fn blank(stack: &Stack, name: &str, pipeline: &ErasedPipeline, now: DateTime<Utc>) -> ScheduleRecord {
    ScheduleRecord {
        id: crate::ids::next(),
        name: name.to_owned(),
        revision: 0,
        pipeline: pipeline.name().to_owned(),
        pipeline_path: String::new(),
        timing: serde_json::Value::Null,
        options: serde_json::Value::Null,
        arguments: serde_json::Value::Null,
        arguments_encoded: Vec::new(),
        stack: stack.name().to_owned(),
        artifacts: String::new(),
        program: ProgramRecord {
            path: String::new(),
            digest: None,
        },
        state: ScheduleState::Active,
        reason: None,
        cursor: now,
        reached: now,
        fired: 0,
        failures: 0,
        created: now,
        updated: now,
    }
}

/// The path by which another process finds the pipeline, after it was found here that way.
fn startable(schedule: &str, pipeline: &ErasedPipeline) -> Result<String, SchedulingError> {
    let graph = pipeline.graph().map_err(|source| SchedulingError::Graph {
        schedule: schedule.to_owned(),
        source: Box::new(source),
    })?;
    let refused = |reason: String| SchedulingError::NotStartable {
        schedule: schedule.to_owned(),
        reason,
    };
    let path = pipeline.startable().map_err(refused)?;
    let rebuilt = rebuild_pipeline(path, &pipeline.arguments.encoded());
    let rebuilt = rebuilt.map_err(|error| refused(error.to_string()))?;
    match rebuilt.graph() {
        Ok(again) if again.hash() == graph.hash() => Ok(path.to_owned()),
        Ok(_) => Err(refused(format!(
            "pipeline `{}` gives another graph when it is built again from the same arguments: what its body reads besides them has to \
             become an argument",
            pipeline.name()
        ))),
        Err(error) => Err(refused(error.to_string())),
    }
}

fn check_name(name: &str) -> Result<(), SchedulingError> {
    let refused = |reason: String| {
        Err(SchedulingError::BadName {
            name: name.chars().take(100).collect(),
            reason,
        })
    };
    if name.trim().is_empty() {
        return refused("it is empty".to_owned());
    }
    if name.chars().any(char::is_control) {
        return refused("it holds control characters".to_owned());
    }
    check_label(name).or_else(refused)
}

fn unwritable(schedule: &str, what: &'static str, error: &serde_json::Error) -> SchedulingError {
    SchedulingError::Unreadable {
        schedule: schedule.to_owned(),
        what,
        reason: error.to_string(),
    }
}

/// The names of what is called after success and after failure.
fn hook_names(hooks: Hooks) -> Result<(Vec<String>, Vec<String>), String> {
    let names = |hooks: Vec<Hook>| {
        hooks
            .iter()
            .map(super::scheduler::name_of)
            .collect::<Result<_, _>>()
    };
    let (success, failure) = hooks.into_lists();
    Ok((names(success)?, names(failure)?))
}

/// Whether another process can start this program to execute a run.
fn can_be_started() -> bool {
    #[cfg(unix)]
    return super::scheduler::is_hooked();
    #[cfg(not(unix))]
    return false;
}

/// This program, of which a copy is kept where another process can find it.
fn program(stack: &Stack, schedule: &str) -> Result<ProgramRecord, SchedulingError> {
    #[cfg(unix)]
    if let Some(home) = stack.home() {
        return crate::service::local::program::keep(stack, home, schedule).map_err(|error| {
            SchedulingError::Program {
                schedule: schedule.to_owned(),
                reason: crate::graph::failure::chain(&error),
            }
        });
    }
    let path = stack.program_path().map_err(|error| SchedulingError::Program {
        schedule: schedule.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(ProgramRecord {
        path: path.display().to_string(),
        digest: None,
    })
}
