//! Catching up, overlapping, and clocks that jump.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Semaphore;
use zen_core::metadata::SlotState;
use zen_core::prelude::*;
use zen_core::schedule::{CatchUp, Overlap, Schedule, SchedulerEvent};

use super::support::{AtWork, at, stack_at, states};

/// Gates by which tests hold runs up.
fn gate(name: &str) -> Arc<Semaphore> {
    static GATES: OnceLock<Mutex<HashMap<String, Arc<Semaphore>>>> = OnceLock::new();
    let mut gates = GATES.get_or_init(Mutex::default).lock().unwrap();
    Arc::clone(
        gates
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Semaphore::new(0))),
    )
}

/// Ends when the test lets it.
#[step(cache = false)]
async fn held(name: String) -> Result<u8> {
    let gate = gate(&name);
    let permit = gate.acquire().await?;
    permit.forget();
    Ok(1)
}

#[pipeline]
fn holding(name: String) -> Artifact<u8> {
    held(name)
}

#[step(cache = false)]
fn quick() -> u8 {
    1
}

#[pipeline]
fn quickly() -> Artifact<u8> {
    quick()
}

fn every_minute() -> Schedule {
    Schedule::every(Duration::from_secs(60)).unwrap()
}

async fn run_held(name: &str, overlap: Overlap) -> Result<(zen_core::schedule::ScheduleView, AtWork)> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let schedule = holding(name.to_owned())
        .schedule(name, every_minute().overlap(overlap))
        .on(&stack)
        .await?;
    let mut work = AtWork::on(&stack, &clock).await;
    work.advance(TimeDelta::minutes(1)).await;
    crate::support::eventually_async("the first run has begun", || {
        let slots = schedule.history(1).unwrap();
        slots.first().is_some_and(|slot| slot.record().run.is_some())
    })
    .await;
    for _ in 0..2 {
        work.advance(TimeDelta::minutes(1)).await;
    }
    Ok((schedule, work))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_comes_due_during_a_run_is_skipped_and_says_why() -> Result<()> {
    let (schedule, mut work) = run_held("skips", Overlap::Skip).await?;
    assert_eq!(
        states(&schedule),
        [
            ("01 10:01".to_owned(), SlotState::Claimed),
            ("01 10:02".to_owned(), SlotState::Skipped),
            ("01 10:03".to_owned(), SlotState::Skipped)
        ]
    );
    let slots = schedule.history(10)?;
    let run = slots[2].run()?.unwrap().id();
    assert_eq!(
        slots[0].reason(),
        Some(format!("run {run} was still going on").as_str())
    );
    gate("skips").add_permits(2);
    work.settle_runs().await;
    work.pass(TimeDelta::minutes(1)).await;
    assert_eq!(
        states(&schedule)[3],
        ("01 10:04".to_owned(), SlotState::Completed)
    );
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_slots_have_their_turn() -> Result<()> {
    let (schedule, mut work) = run_held("queues", Overlap::Queue).await?;
    let claimed_then_queued = [SlotState::Claimed, SlotState::Queued, SlotState::Queued];
    let seen: Vec<_> = states(&schedule).into_iter().map(|(_, state)| state).collect();
    assert_eq!(seen, claimed_then_queued);
    gate("queues").add_permits(3);
    work.settle_runs().await;
    assert!(
        states(&schedule)
            .iter()
            .all(|(_, state)| *state == SlotState::Completed)
    );
    // Never two at once.
    let mut runs = schedule.runs(10)?;
    runs.reverse();
    for pair in runs.windows(2) {
        assert!(pair[0].ended().unwrap() <= pair[1].started());
        assert!(pair[0].record().slot.as_ref().unwrap().due < pair[1].record().slot.as_ref().unwrap().due);
    }
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_may_run_beside_each_other() -> Result<()> {
    let (schedule, mut work) = run_held("allows", Overlap::Allow).await?;
    let seen: Vec<_> = states(&schedule).into_iter().map(|(_, state)| state).collect();
    assert_eq!(seen, [SlotState::Claimed; 3]);
    gate("allows").add_permits(3);
    work.settle_runs().await;
    assert!(
        states(&schedule)
            .iter()
            .all(|(_, state)| *state == SlotState::Completed)
    );
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_skips_what_waits_and_lets_the_run_end() -> Result<()> {
    let (schedule, mut work) = run_held("paused", Overlap::Queue).await?;
    let schedule = schedule.pause("enough").await?;
    let seen: Vec<_> = states(&schedule).into_iter().map(|(_, state)| state).collect();
    assert_eq!(seen, [SlotState::Claimed, SlotState::Skipped, SlotState::Skipped]);
    gate("paused").add_permits(1);
    work.settle_runs().await;
    assert_eq!(states(&schedule)[0].1, SlotState::Completed);
    assert_eq!(schedule.refresh().await?.record().fired, 1);
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_follows_the_policy() -> Result<()> {
    for (policy, expected) in [
        (CatchUp::None, vec![SlotState::Missed; 3]),
        (
            CatchUp::Latest,
            vec![SlotState::Missed, SlotState::Missed, SlotState::Completed],
        ),
        (CatchUp::All, vec![SlotState::Completed; 3]),
    ] {
        let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
        let hourly = Schedule::every(Duration::from_secs(3600))?.catch_up(policy);
        let schedule = quickly().schedule("hourly", hourly).on(&stack).await?;
        clock.advance(TimeDelta::minutes(3 * 60 + 30));
        let mut work = AtWork::on(&stack, &clock).await;
        let seen: Vec<_> = states(&schedule).into_iter().map(|(_, state)| state).collect();
        assert_eq!(seen, expected, "{policy}");
        work.pass(TimeDelta::minutes(30)).await;
        assert_eq!(states(&schedule)[3].1, SlotState::Completed, "{policy}");
        work.stop().await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn within_its_grace_a_slot_is_in_time() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let hourly = Schedule::every(Duration::from_secs(3600))?
        .catch_up(CatchUp::None)
        .grace(Duration::from_secs(600));
    let schedule = quickly().schedule("hourly", hourly).on(&stack).await?;
    clock.advance(TimeDelta::minutes(70));
    let work = AtWork::on(&stack, &clock).await;
    assert_eq!(states(&schedule), [("01 11:00".to_owned(), SlotState::Completed)]);
    work.stop().await;
    clock.advance(TimeDelta::seconds(3601));
    let work = AtWork::on(&stack, &clock).await;
    assert_eq!(states(&schedule)[1], ("01 12:00".to_owned(), SlotState::Missed));
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_forward_is_caught_up_with() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let hourly = Schedule::every(Duration::from_secs(3600))?;
    let schedule = quickly().schedule("hourly", hourly).on(&stack).await?;
    let mut work = AtWork::on(&stack, &clock).await;
    // As after a night in which the machine was suspended.
    clock.jump(TimeDelta::hours(9));
    work.settle().await;
    let seen = states(&schedule);
    assert_eq!(seen.len(), 9);
    assert!(seen[..8].iter().all(|(_, state)| *state == SlotState::Missed));
    assert_eq!(seen[8], ("01 19:00".to_owned(), SlotState::Completed));
    let moved = |event: &SchedulerEvent| matches!(event, SchedulerEvent::ClockMoved { by, .. } if *by == TimeDelta::hours(9));
    assert!(work.events().iter().any(moved));
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_fires_nothing_twice_and_loses_nothing() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let hourly = Schedule::every(Duration::from_secs(3600))?;
    let schedule = quickly().schedule("hourly", hourly).on(&stack).await?;
    let mut work = AtWork::on(&stack, &clock).await;
    for _ in 0..3 {
        work.pass(TimeDelta::hours(1)).await;
    }
    // Back to 10:30, before slots that were fired.
    clock.jump(TimeDelta::minutes(-150));
    work.settle().await;
    for _ in 0..4 {
        work.pass(TimeDelta::hours(1)).await;
    }
    let due: Vec<_> = states(&schedule).into_iter().map(|(due, _)| due).collect();
    assert_eq!(due, ["01 11:00", "01 12:00", "01 13:00", "01 14:00"]);
    assert_eq!(schedule.runs(100)?.len(), 4);
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_wrong_by_years_is_forgiven() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let hourly = Schedule::every(Duration::from_secs(3600))?.end_at(at("2030-01-01T00:00:00Z"))?;
    let schedule = quickly().schedule("hourly", hourly).on(&stack).await?;
    let mut work = AtWork::on(&stack, &clock).await;
    work.pass(TimeDelta::hours(1)).await;
    clock.jump(TimeDelta::days(365 * 5));
    work.settle().await;
    assert!(schedule.refresh().await?.next().is_none(), "its end has passed");
    clock.jump(TimeDelta::days(-365 * 5));
    work.settle().await;
    // Also when nobody was there to see it go back.
    assert_eq!(schedule.refresh().await?.next(), Some(at("2026-03-01T12:00:00Z")));
    for _ in 0..3 {
        work.pass(TimeDelta::hours(1)).await;
    }
    let seen = states(&schedule);
    // That the last slot of all was fired, by the wrong clock, is true.
    let (last, others) = seen.split_last().unwrap();
    assert_eq!(*last, ("01 00:00".to_owned(), SlotState::Completed));
    let due: Vec<_> = others.iter().map(|(due, state)| (due.as_str(), *state)).collect();
    assert_eq!(
        due,
        ["01 11:00", "01 12:00", "01 13:00", "01 14:00"].map(|due| (due, SlotState::Completed))
    );
    work.stop().await;
    Ok(())
}
