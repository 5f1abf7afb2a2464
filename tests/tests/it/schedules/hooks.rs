//! Hooks of schedules.

use std::sync::Mutex;
use std::time::Duration;

use chrono::TimeDelta;
use zen_core::metadata::{ScheduleState, SlotState};
use zen_core::prelude::*;
use zen_core::schedule::{Schedule, SchedulingError};

use super::support::{AtWork, stack_at};

static CALLED: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[zen_core::hook]
async fn noted(event: HookEvent) -> Result<()> {
    let slot = event.slot().expect("the slot").clone();
    let said = format!("{} {} {}", slot.name, slot.due.format("%H:%M"), event.outcome());
    CALLED.lock().unwrap().push(said);
    Ok(())
}

#[zen_core::hook]
async fn panics(_: HookEvent) -> Result<()> {
    panic!("the mail server is on fire")
}

async fn unmarked(_: HookEvent) -> Result<()> {
    Ok(())
}

#[step(cache = false)]
fn sometimes(fails: bool) -> Result<u8> {
    if fails { Err("no luck".into()) } else { Ok(1) }
}

#[pipeline]
fn trying(fails: bool) -> Artifact<u8> {
    sometimes(fails)
}

fn called(name: &str) -> Vec<String> {
    let called = CALLED.lock().unwrap();
    called
        .iter()
        .filter(|said| said.starts_with(name))
        .cloned()
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_are_called_after_slots_and_what_they_do_changes_nothing() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let hourly = || Schedule::every(Duration::from_secs(3600));
    let well = trying(false)
        .schedule("hooked-well", hourly()?)
        .on_success(panics)
        .on_success(noted)
        .on_failure(noted)
        .on(&stack)
        .await?;
    // Hooks of the pipeline's value become the schedule's.
    let badly = trying(true)
        .on_failure(noted)
        .schedule("hooked-badly", hourly()?)
        .on_success(panics)
        .pause_after_failures(1)
        .on(&stack)
        .await?;
    let mut work = AtWork::on(&stack, &clock).await;
    work.pass(TimeDelta::hours(1)).await;
    work.stop().await;
    assert_eq!(called("hooked-well"), ["hooked-well 11:00 completed"]);
    let failed = called("hooked-badly");
    assert_eq!(failed.len(), 1);
    assert!(
        failed[0].starts_with("hooked-badly 11:00 failed: ") && failed[0].contains("no luck"),
        "{failed:?}"
    );

    let slot = well.history(1)?.remove(0);
    assert_eq!(slot.state(), SlotState::Completed);
    let hooks = stack.metadata().slot_hooks(slot.id())?;
    assert_eq!(hooks.len(), 2);
    assert!(hooks[0].hook.ends_with("::panics") && hooks[1].hook.ends_with("::noted"));
    assert!(hooks[0].error.as_ref().unwrap().contains("on fire"));
    assert_eq!(
        (hooks[1].error.as_deref(), hooks[1].event.as_str()),
        (None, "success")
    );
    assert_eq!(hooks[1].run, slot.record().run);
    assert_eq!(slot.run()?.unwrap().status(), Status::Completed);
    assert_eq!(badly.refresh().await?.state(), ScheduleState::Paused);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_another_process_could_not_find_is_refused() -> Result<()> {
    let (stack, _) = stack_at("2026-03-01T10:00:00Z");
    let daily = || Schedule::cron("@daily").unwrap();
    for error in [
        trying(false)
            .schedule("daily", daily())
            .on_failure(unmarked)
            .on(&stack)
            .await
            .unwrap_err(),
        trying(false)
            .on_success(unmarked)
            .schedule("daily", daily())
            .on(&stack)
            .await
            .unwrap_err(),
    ] {
        let SchedulingError::Hook { reason, .. } = &error else {
            panic!("{error}")
        };
        assert!(
            reason.contains("unmarked") && reason.contains("#[zen_core::hook]"),
            "{reason}"
        );
    }
    Ok(())
}
