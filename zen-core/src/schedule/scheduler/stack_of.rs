//! The stack that a schedule's runs use.

use crate::graph::failure::chain;
use crate::metadata::ScheduleRecord;
use crate::stack::{Settings, Stack};

/// The stack a schedule was made on: the scheduler's own, or another of the project's, by its name. It keeps its records where the scheduler's does,
/// since that is where the schedule was found. Blocks.
///
/// # Errors
/// Why it can't be used, for people.
pub(super) fn stack_of(own: &Stack, schedule: &ScheduleRecord) -> Result<Stack, String> {
    let (Some(home), true) = (own.home(), own.plan().is_some() && own.name() != schedule.stack) else {
        return Ok(own.clone());
    };
    let cannot = |reason: String| {
        Err(format!(
            "the schedule was made on stack `{}`, which can't be used: {reason}",
            schedule.stack
        ))
    };
    match Settings::at(home).map(|settings| settings.stack(&schedule.stack).is_ok()) {
        Ok(true) => {}
        // It was put together in code, or deleted since: the scheduler's own, if that has the same artifacts.
        Ok(false) => return Ok(own.clone()),
        Err(error) => return cannot(chain(&error)),
    }
    let named = Stack::choose().home(home).stack(&schedule.stack).open();
    let ready = named.and_then(|stack| stack.ready().map(|()| stack));
    match ready {
        Ok(stack) if stack.metadata().location() == own.metadata().location() => Ok(stack),
        Ok(stack) => cannot(format!(
            "it keeps its records in {}, and this scheduler looks into {}",
            stack.metadata().location(),
            own.metadata().location()
        )),
        Err(error) => cannot(chain(&error)),
    }
}
