//! Slots whose runs were interrupted because their scheduler was stopped, and schedules that are declared anew.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use zen_core::metadata::{ScheduleState, SlotState};
use zen_core::prelude::*;
use zen_core::schedule::{
    CatchUp, Interrupted, Overlap, Schedule, ScheduleView, Scheduler, SchedulerEnd, SchedulerEvent,
};
use zen_core::stack::ManualClock;

use super::support::{AtWork, at, stack_at, states};

/// The first run of the schedule ends when it is cancelled, the others at once.
#[step(cache = false)]
async fn endless_once(ctx: &StepContext) -> Result<u8> {
    let stack = ctx.component::<Stack>().ok_or("no stack")?;
    let runs = Client::of((*stack).clone()).schedule("endless")?.runs(10)?;
    if runs.len() == 1 {
        std::future::pending::<()>().await;
    }
    Ok(1)
}

#[pipeline]
fn first_is_endless() -> Artifact<u8> {
    endless_once()
}

#[step(cache = false)]
fn quick() -> u8 {
    1
}

#[pipeline]
fn quickly() -> Artifact<u8> {
    quick()
}

fn hourly() -> Schedule {
    Schedule::every(Duration::from_secs(3600)).unwrap()
}

/// A schedule whose first slot, that of 11:00, was being run when its scheduler was stopped.
async fn stopped(schedule: Schedule) -> Result<(Stack, Arc<ManualClock>, ScheduleView)> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let schedule = first_is_endless()
        .schedule("endless", schedule)
        .on(&stack)
        .await?;
    let mut work = AtWork::start(Scheduler::new().on(&stack).grace(Duration::ZERO));
    work.clocked(&clock);
    work.settle().await;
    clock.advance(TimeDelta::hours(1));
    work.wait_for(|event| matches!(event, SchedulerEvent::Fired { .. }))
        .await;
    let end = work.stop().await;
    assert!(matches!(end, SchedulerEnd::Cancelled { runs: 1, .. }), "{end:?}");
    assert_eq!(end.code(), 4);
    assert_eq!(schedule.runs(10)?.pop().unwrap().status(), Status::Cancelled);
    Ok((stack, clock, schedule))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_scheduler_tries_it_again() -> Result<()> {
    let (stack, clock, schedule) = stopped(hourly()).await?;
    assert_eq!(states(&schedule), [("01 11:00".to_owned(), SlotState::Queued)]);
    let work = AtWork::on(&stack, &clock).await;
    assert_eq!(states(&schedule), [("01 11:00".to_owned(), SlotState::Completed)]);
    let slot = schedule.history(1)?.remove(0);
    assert_eq!((slot.record().deaths, slot.record().token), (0, 2));
    assert_eq!(schedule.runs(10)?.len(), 2);
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_missed_where_that_is_the_policy() -> Result<()> {
    let (.., schedule) = stopped(hourly().if_interrupted(Interrupted::Missed)).await?;
    assert_eq!(states(&schedule), [("01 11:00".to_owned(), SlotState::Missed)]);
    let reason = schedule.history(1)?.remove(0).reason().unwrap().to_owned();
    assert!(reason.contains("its scheduler was stopped"), "{reason}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_makes_way_for_a_newer_slot_unless_all_are_wanted() -> Result<()> {
    let slots = |states: [SlotState; 4]| {
        let due = ["01 11:00", "01 12:00", "01 13:00", "01 14:00"].map(str::to_owned);
        due.into_iter().zip(states).collect::<Vec<_>>()
    };
    let (stack, clock, schedule) = stopped(hourly()).await?;
    clock.advance(TimeDelta::hours(3));
    AtWork::on(&stack, &clock).await.stop().await;
    let missed = SlotState::Missed;
    assert_eq!(
        states(&schedule),
        slots([missed, missed, missed, SlotState::Completed])
    );
    assert_eq!(schedule.refresh().await?.record().fired, 1);

    let (stack, clock, schedule) = stopped(hourly().catch_up(CatchUp::All)).await?;
    clock.advance(TimeDelta::hours(3));
    AtWork::on(&stack, &clock).await.stop().await;
    assert_eq!(states(&schedule), slots([SlotState::Completed; 4]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_the_end_of_a_pause() -> Result<()> {
    let (stack, clock, schedule) = stopped(hourly().overlap(Overlap::Queue)).await?;
    // Paused after it: what waited before would have been skipped.
    let mut work = AtWork::on(&stack, &clock).await;
    assert_eq!(states(&schedule)[0].1, SlotState::Completed);
    work.pass(TimeDelta::hours(1)).await;
    work.stop().await;

    let (stack, clock, schedule) = stopped(hourly()).await?;
    let schedule = schedule.pause("the data is being moved").await?;
    assert_eq!(states(&schedule), [("01 11:00".to_owned(), SlotState::Skipped)]);
    AtWork::on(&stack, &clock).await.stop().await;
    assert_eq!(schedule.runs(10)?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_is_declared_again_fires_nothing_of_the_past() -> Result<()> {
    let (stack, clock) = stack_at("2026-01-05T12:00:00Z");
    let days = |cron: &str| {
        let days = Schedule::cron(cron)?.start_at(at("2026-01-01T00:00:00Z"))?;
        Ok::<_, BoxError>(days.catch_up(CatchUp::All).max_runs(100)?)
    };
    let schedule = quickly().schedule("daily", days("0 6 * * *")?).on(&stack).await?;
    let mut work = AtWork::on(&stack, &clock).await;
    assert_eq!(states(&schedule).len(), 5);
    // Another policy changes no slot, and counts no run anew.
    let patient = days("0 6 * * *")?.grace(Duration::from_secs(7200));
    let again = quickly().schedule("daily", patient).on(&stack).await?;
    assert_eq!(
        (again.record().cursor, again.record().fired),
        (at("2026-01-05T06:00:00Z"), 5)
    );
    assert_eq!(again.schedule().grace_period(), Duration::from_secs(7200));
    // Other slots come from now on.
    let other = quickly().schedule("daily", days("0 7 * * *")?).on(&stack).await?;
    assert_eq!(other.next(), Some(at("2026-01-06T07:00:00Z")));
    work.pass(TimeDelta::days(1)).await;
    assert_eq!(states(&schedule).len(), 6);
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_whose_end_passes_during_a_pause_ends_when_it_is_resumed() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let bounded = hourly().end_at(at("2026-03-01T13:00:00Z"))?;
    let schedule = quickly().schedule("bounded", bounded).on(&stack).await?;
    let paused = schedule.pause("for long").await?;
    clock.advance(TimeDelta::hours(10));
    let resumed = paused.resume().await?;
    assert_eq!(resumed.state(), ScheduleState::Ended);
    assert_eq!(resumed.history(10)?.len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_with_a_long_history_is_deleted_by_name() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let often = Schedule::every(Duration::from_secs(1))?.catch_up(CatchUp::None);
    quickly().schedule("often", often).on(&stack).await?;
    let mut work = AtWork::on(&stack, &clock).await;
    // More than are removed at once, each with a record of its own.
    for _ in 0..30 {
        work.pass(TimeDelta::seconds(90)).await;
    }
    let client = Client::of(stack.clone());
    assert!(client.schedule("often")?.history(5000)?.len() > 2000);
    client.delete_schedule("often").await?;
    assert!(client.delete_schedule("often").await.is_err());
    assert_eq!(stack.metadata().slots(&Default::default())?, []);
    work.pass(TimeDelta::seconds(90)).await;
    work.stop().await;
    Ok(())
}
