//! Months of slots, in a moment.

use std::time::Duration;

use chrono::{Datelike, Days, TimeDelta, Timelike};
use zen_core::metadata::SlotState;
use zen_core::prelude::*;
use zen_core::schedule::{CatchUp, Overlap, Schedule, Tz};

use super::support::{AtWork, at, stack_at, states};

#[step]
fn note(value: u64) -> u64 {
    value
}

#[pipeline]
fn noting(value: u64) -> Artifact<u64> {
    note(value)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_nights_has_one_run_each_also_where_the_clock_is_set() -> Result<()> {
    let (stack, clock) = stack_at("2026-01-01T00:00:00Z");
    let nights = Schedule::cron("30 2 * * *")?.in_timezone(Tz::Europe__Berlin);
    let schedule = noting(1).schedule("nightly", nights).on(&stack).await?;
    let mut work = AtWork::on(&stack, &clock).await;
    for _ in 0..365 {
        work.pass(TimeDelta::days(1)).await;
    }
    work.stop().await;
    let mut slots = schedule.history(1000)?;
    slots.reverse();
    assert_eq!(slots.len(), 365);
    let first = at("2026-01-01T02:30:00+01:00")
        .with_timezone(&Tz::Europe__Berlin)
        .date_naive();
    for (day, slot) in slots.iter().enumerate() {
        assert_eq!(slot.state(), SlotState::Completed);
        let local = slot.due().with_timezone(&Tz::Europe__Berlin);
        assert_eq!(local.date_naive(), first + Days::new(day as u64));
        // There is no 02:30 on the last Sunday of March.
        let expected = if (local.month(), local.day()) == (3, 29) {
            (3, 0)
        } else {
            (2, 30)
        };
        assert_eq!((local.hour(), local.minute()), expected, "{local}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn months_without_a_scheduler_are_decided_on_in_a_moment() -> Result<()> {
    let (stack, clock) = stack_at("2026-01-01T00:00:00Z");
    let each_minute = || Schedule::cron("* * * * *").unwrap();
    let none = noting(1)
        .schedule("none", each_minute().catch_up(CatchUp::None))
        .on(&stack)
        .await?;
    let latest = noting(2).schedule("latest", each_minute()).on(&stack).await?;
    let interval = Schedule::every(Duration::from_millis(500))?;
    let interval = noting(3).schedule("interval", interval).on(&stack).await?;
    // Nobody is there for four months.
    clock.advance(at("2026-05-01T00:00:30Z") - at("2026-01-01T00:00:00Z"));
    let minutes = 120 * 24 * 60;
    let work = AtWork::on(&stack, &clock).await;

    // All slots are covered once, by few records; the newest one is in time for the one, and is made up for by the other.
    for (schedule, every, total) in [
        (&none, 60_000, minutes),
        (&latest, 60_000, minutes),
        (&interval, 500, minutes * 120 + 60),
    ] {
        let slots = schedule.history(1_000_000)?;
        assert!(slots.len() < 5000, "{}", slots.len());
        let covered: u64 = slots.iter().map(|slot| slot.record().count).sum();
        assert_eq!(covered, total, "{}", schedule.name());
        let mut expected = at("2026-01-01T00:00:00Z");
        for slot in slots.iter().rev() {
            expected += TimeDelta::milliseconds(every);
            assert_eq!(slot.due(), expected);
            let count = i64::try_from(slot.record().count)?;
            expected += TimeDelta::milliseconds(every) * i32::try_from(count - 1)?;
            assert_eq!(slot.record().last, expected);
        }
        let (newest, missed) = slots.split_first().unwrap();
        assert_eq!(newest.state(), SlotState::Completed);
        assert!(
            missed
                .iter()
                .all(|slot| slot.state() == SlotState::Missed && slot.reason().is_some())
        );
    }
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_made_up_for_in_order_when_that_is_asked_for() -> Result<()> {
    let (stack, clock) = stack_at("2026-01-10T12:00:00Z");
    // A start in the past: the days since then are to be made up for.
    let days = Schedule::cron("0 6 * * *")?
        .start_at(at("2026-01-01T00:00:00Z"))?
        .catch_up(CatchUp::All)
        .overlap(Overlap::Skip);
    let schedule = noting(1).schedule("daily", days).on(&stack).await?;
    let mut work = AtWork::on(&stack, &clock).await;
    let expected: Vec<_> = (1..=10)
        .map(|day| (format!("{day:02} 06:00"), SlotState::Completed))
        .collect();
    assert_eq!(states(&schedule), expected);
    // One after the other, the oldest first.
    let runs = schedule.runs(100)?;
    let mut before = None;
    for run in runs.iter().rev() {
        let due = run.record().slot.as_ref().unwrap().due;
        assert!(before < Some(due));
        before = Some(due);
    }
    work.pass(TimeDelta::days(1)).await;
    assert_eq!(states(&schedule).len(), 11);
    work.stop().await;
    Ok(())
}
