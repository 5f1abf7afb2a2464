//! The hooks of schedules, called when a slot is settled that was fired.

use std::sync::Arc;
use std::time::Duration;

#[cfg(unix)]
use super::fire::{Ability, ability};
use super::stack_of::stack_of;
use crate::client::{ClientError, blocking};
use crate::graph::failure::chain;
use crate::graph::{Component, Hook, HookEvent, HookFacts, Outcome, find_hook};
use crate::metadata::{Change, HookRecord, RunSlot, ScheduleRecord, SlotRecord, SlotState};
use crate::runner::HookOutcome;
use crate::schedule::SchedulingError;
use crate::schedule::options::Options;
use crate::stack::Stack;

/// How long a hook may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What is to be called after this slot.
fn wanted(schedule: &ScheduleRecord, slot: &SlotRecord) -> Option<(Vec<String>, Outcome)> {
    let options = Options::of(schedule).ok()?;
    let (names, outcome) = match slot.state {
        SlotState::Completed => (options.on_success, Outcome::Success),
        SlotState::Failed => {
            let error = slot.reason.clone().unwrap_or_default();
            (options.on_failure, Outcome::Failure(error))
        }
        _ => return None,
    };
    (!names.is_empty()).then_some((names, outcome))
}

/// Calls what is to be called after this slot: here, or in the program that made the schedule when that is another one.
pub(super) async fn call(stack: Stack, schedule: ScheduleRecord, slot: SlotRecord) {
    if wanted(&schedule, &slot).is_none() {
        return;
    }
    let (own, of) = (stack.clone(), schedule.clone());
    let able = blocking(move || Ok::<_, ClientError>((ability(&own, &of), stack_of(&own, &of).ok())));
    let (ability, named) = able.await.unwrap_or((Ability::Here, None));
    let stack = named.unwrap_or(stack);
    #[cfg(unix)]
    if ability == Ability::Elsewhere {
        if let Err(reason) = super::elsewhere::call_hooks(&stack, &schedule, &slot).await {
            tracing::warn!(
                target: "zen::scheduler",
                "the hooks of schedule `{}` could not be called after a slot: {reason}",
                schedule.name
            );
        }
        return;
    }
    call_here(&stack, &schedule, &slot).await;
}

/// Calls the hooks one after the other. Whatever becomes of it is recorded, and changes nothing.
pub(super) async fn call_here(stack: &Stack, schedule: &ScheduleRecord, slot: &SlotRecord) {
    let Some((names, outcome)) = wanted(schedule, slot) else {
        return;
    };
    let event = event(stack, schedule, slot, outcome).await;
    for name in names {
        let called = match find_hook(&name) {
            Ok(hook) => hook.call(event.clone(), TIMEOUT).await,
            Err(error) => {
                let now = stack.clock().now();
                HookOutcome {
                    error: Some(error.to_string()),
                    started: now,
                    ended: now,
                }
            }
        };
        if let Some(error) = &called.error {
            tracing::warn!(
                target: "zen::scheduler",
                "hook `{name}`, called after a slot of schedule `{}`, failed, which changes nothing else: {error}",
                schedule.name
            );
        }
        if let Err(error) = record(stack, slot, &name, &event, called).await {
            tracing::warn!(
                target: "zen::scheduler",
                "hook `{name}` was called after a slot of schedule `{}`, but this could not be recorded: {}",
                schedule.name,
                chain(&error)
            );
        }
    }
}

async fn event(stack: &Stack, schedule: &ScheduleRecord, slot: &SlotRecord, outcome: Outcome) -> HookEvent {
    let (reading, run) = (stack.clone(), slot.run);
    let run = blocking(move || match run {
        Some(run) => Ok(reading.metadata().run(run)?),
        None => Ok(None),
    });
    // What can't be read is left out: the hook is called all the same.
    let run = run.await.ok().flatten();
    let mut components = stack.components().to_vec();
    components.push(Component::new(
        "stack",
        stack.name(),
        "stack",
        Arc::new(stack.clone()),
    ));
    let took = slot
        .claimed
        .zip(slot.ended)
        .and_then(|(claimed, ended)| (ended - claimed).to_std().ok());
    HookEvent::new(HookFacts {
        pipeline: schedule.pipeline.clone(),
        run: run.map(|run| (run.id, run.name)),
        step: None,
        slot: Some(RunSlot {
            schedule: schedule.id,
            name: schedule.name.clone(),
            slot: slot.id,
            due: slot.due,
        }),
        outcome,
        took,
        stack: stack.name().to_owned(),
        components: Arc::new(components),
    })
}

async fn record(
    stack: &Stack,
    slot: &SlotRecord,
    hook: &str,
    event: &HookEvent,
    called: HookOutcome,
) -> Result<(), SchedulingError> {
    let record = HookRecord {
        id: crate::ids::next(),
        run: event.run_id(),
        step: None,
        slot: Some(slot.id),
        hook: hook.to_owned(),
        event: event.outcome().as_str().to_owned(),
        started: called.started,
        ended: called.ended,
        error: called.error,
    };
    let metadata = Arc::clone(stack.metadata());
    blocking(move || Ok(metadata.apply(&[Change::Hook(Box::new(record))])?)).await?;
    Ok(())
}

/// The name by which another process finds the hook.
pub(crate) fn name_of(hook: &Hook) -> Result<String, String> {
    let Some(name) = hook.registered_name() else {
        return Err(format!(
            "hook `{}` can't be found by its name in another process: mark the function with `#[zen_core::hook]`",
            hook.name()
        ));
    };
    // Two functions of one module may have one path, when they stand in functions.
    find_hook(name).map_err(|error| error.to_string())?;
    Ok(name.to_owned())
}
