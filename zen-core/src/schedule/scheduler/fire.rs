//! Firing a slot: its run, from the beginning to the end.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;

use super::events::SchedulerEvent;
use super::settle::{Outcome, settle};
use super::stack_of::stack_of;
use super::work::{Claim, Work};
use crate::client::{ClientError, blocking};
use crate::graph::failure::chain;
use crate::graph::{EncodedArguments, ErasedPipeline, OutputRef, rebuild_pipeline, registered_pipelines};
use crate::metadata::{Change, RunSlot, ScheduleRecord, SlotRecord, SlotState};
use crate::runner::{Launch, RunError, RunHandle};
use crate::schedule::SchedulingError;
use crate::schedule::options::Options;
use crate::stack::Stack;

/// Takes a slot off the list of what is worked on, however that ends.
struct Ended(Arc<Work>, Claim);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended(self.1);
    }
}

/// Runs what a claimed slot is for, and settles the slot.
///
/// Returns the slot as it was settled, with its schedule: for what is called after it.
pub(super) async fn fire(
    work: Arc<Work>,
    schedule: ScheduleRecord,
    slot: SlotRecord,
) -> Option<(ScheduleRecord, SlotRecord)> {
    let _ended = Ended(Arc::clone(&work), (slot.id, slot.token));
    // A pipeline's body may panic while it is built.
    let outcome = AssertUnwindSafe(run(&work, &schedule, &slot))
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Outcome::failed(format!("the pipeline panicked: {}", said(&*panic))));
    settle(&work, &schedule.name, slot, outcome).await
}

async fn run(work: &Arc<Work>, schedule: &ScheduleRecord, slot: &SlotRecord) -> Outcome {
    let (own, of) = (work.stack.clone(), schedule.clone());
    let able = blocking(move || Ok::<_, ClientError>((ability(&own, &of), stack_of(&own, &of))));
    let (ability, stack) = match able.await {
        Ok((ability, Ok(stack))) => (ability, stack),
        Ok((_, Err(reason))) => return Outcome::failed(reason),
        Err(error) => return Outcome::failed(chain(&error)),
    };
    match ability {
        Ability::Here => {}
        #[cfg(unix)]
        Ability::Elsewhere => return super::elsewhere::run(work, schedule, slot).await,
        #[cfg(not(unix))]
        Ability::Elsewhere => return Outcome::failed("this system can't start other programs for it"),
        Ability::Not(reason) => return Outcome::failed(reason),
    }
    match start(&stack, schedule, slot, work.quiet).await {
        Ok(handle) => {
            work.begun((slot.id, slot.token), handle.canceller());
            work.tell(&SchedulerEvent::Fired {
                schedule: schedule.name.clone(),
                slot: slot.clone(),
                run: Some(handle.id()),
                lag: work.stack.clock().now() - slot.due,
            });
            let run = handle.id();
            Outcome {
                run: Some(run),
                ..outcome(handle.wait().await.map(|_| ()))
            }
        }
        Err(error) => Outcome::failed(chain(&error)),
    }
}

/// Where a schedule's runs can be executed, as seen from this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ability {
    /// In this process.
    Here,
    /// By the program that made the schedule, which this one starts.
    Elsewhere,
    /// Not by this process, for this reason. Another scheduler may be able to.
    Not(String),
}

/// Blocks.
pub(super) fn ability(own: &Stack, schedule: &ScheduleRecord) -> Ability {
    let stack = match stack_of(own, schedule) {
        Ok(stack) => stack,
        Err(reason) => return Ability::Not(reason),
    };
    let url = stack.artifacts().url();
    if schedule.artifacts != url {
        return Ability::Not(format!(
            "the schedule was made on stack `{}` with the artifact store {}, and this scheduler's stack `{}` has {url}: start a scheduler on \
             that stack, or declare the schedule again on this one",
            schedule.stack,
            schedule.artifacts,
            stack.name()
        ));
    }
    if registered_pipelines().contains(&schedule.pipeline_path.as_str()) {
        return Ability::Here;
    }
    let startable = Options::of(schedule).is_ok_and(|options| options.startable);
    match cfg!(unix) && startable && stack.home().is_some() {
        true => Ability::Elsewhere,
        false => Ability::Not(format!(
            "this program has no pipeline `{}`, and can't start the program that made the schedule ({}) for it, because that one's `main` is not \
             marked `#[zen_core::main]` or the stack is in memory: start a scheduler in that program",
            schedule.pipeline_path, schedule.program.path
        )),
    }
}

/// How the slot of a run that ended so is to be settled.
pub(super) fn outcome(ended: Result<(), RunError>) -> Outcome {
    match ended {
        Ok(()) => Outcome {
            state: SlotState::Completed,
            reason: None,
            run: None,
        },
        Err(RunError::Cancelled { reason, .. }) => Outcome {
            state: SlotState::Cancelled,
            reason: Some(reason),
            run: None,
        },
        Err(error) => Outcome::failed(chain(&error)),
    }
}

/// Starts the run of a claimed slot in this process. Whatever it writes is refused from the moment on that the slot is somebody else's.
pub(super) async fn start(
    stack: &Stack,
    schedule: &ScheduleRecord,
    slot: &SlotRecord,
    quiet: bool,
) -> Result<RunHandle<Vec<OutputRef>>, SchedulingError> {
    let options = Options::of(schedule)?;
    let arguments = arguments(stack, schedule).await?;
    let build = || {
        let built = rebuild_pipeline(&schedule.pipeline_path, &arguments);
        built.map_err(|error| SchedulingError::NotStartable {
            schedule: schedule.name.clone(),
            reason: error.to_string(),
        })
    };
    let fenced = stack.fenced(Change::SlotFenced {
        slot: slot.id,
        token: slot.token,
    });
    let of_slot = RunSlot {
        schedule: schedule.id,
        name: schedule.name.clone(),
        slot: slot.id,
        due: slot.due,
    };
    let launch = |pipeline: ErasedPipeline| -> Launch<Vec<OutputRef>> {
        let launch = options.launch(pipeline).on(&fenced).for_slot(of_slot.clone());
        let launch = launch.handle_interrupts(false);
        if quiet { launch.quiet() } else { launch }
    };
    let started = match slot.run {
        // An attempt before was interrupted: what it finished is not done again.
        Some(before) => match launch(build()?).resume(before).start().await {
            Err(RunError::Resume { .. }) => launch(build()?).start().await,
            // Pruned meanwhile.
            Err(RunError::Client(error)) if matches!(*error, ClientError::NoRun(_)) => {
                launch(build()?).start().await
            }
            other => other,
        },
        None => launch(build()?).start().await,
    };
    started.map_err(|source| SchedulingError::Start {
        schedule: schedule.name.clone(),
        source: Box::new(source),
    })
}

async fn arguments(stack: &Stack, schedule: &ScheduleRecord) -> Result<Vec<u8>, SchedulingError> {
    let Some(object) = EncodedArguments::object(&schedule.arguments_encoded) else {
        return Ok(schedule.arguments_encoded.clone());
    };
    let what = format!("the arguments of schedule `{}`", schedule.name);
    let artifacts = stack.artifacts().clone();
    let bytes = blocking(move || Ok(artifacts.get(object, &what)?)).await?;
    Ok(bytes.to_vec())
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with a value that is no text")
}
