//! From the declaration to the end.

use std::time::Duration;

use chrono::TimeDelta;
use zen_core::metadata::{ScheduleFilter, ScheduleState, SlotCause, SlotState};
use zen_core::prelude::*;
use zen_core::schedule::{Schedule, SchedulerEnd, SchedulingError};

use super::support::{AtWork, at, stack_at, states};

#[step]
fn double(value: u64) -> u64 {
    value * 2
}

#[pipeline]
fn doubling(value: u64) -> Artifact<u64> {
    double(value)
}

#[step]
fn sum(values: &[u64]) -> u64 {
    values.iter().sum()
}

#[pipeline]
fn summing(values: Vec<u64>) -> Artifact<u64> {
    sum(values)
}

#[step(cache = false)]
fn fails() -> Result<u64> {
    Err("no data today".into())
}

#[pipeline]
fn failing() -> Artifact<u64> {
    fails()
}

fn minutes(n: u64) -> Schedule {
    Schedule::every(Duration::from_secs(60 * n)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_is_fired_when_it_is_due_and_leads_to_a_run() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let schedule = doubling(21)
        .schedule("often", minutes(10))
        .on(&stack)
        .tag("nightly")
        .await?;
    assert_eq!(schedule.next(), Some(at("2026-03-01T10:10:00Z")));
    let mut work = AtWork::on(&stack, &clock).await;
    work.pass(TimeDelta::minutes(9)).await;
    assert_eq!(states(&schedule), []);
    work.pass(TimeDelta::minutes(1)).await;
    work.pass(TimeDelta::minutes(10)).await;
    assert_eq!(
        states(&schedule),
        [
            ("01 10:10".to_owned(), SlotState::Completed),
            ("01 10:20".to_owned(), SlotState::Completed)
        ]
    );
    let slot = schedule.history(1)?.remove(0);
    let run = slot.run()?.expect("it led to a run");
    assert_eq!(run.status(), Status::Completed);
    assert_eq!(run.record().tags, ["nightly"]);
    let of = run.record().slot.clone().expect("it knows its slot");
    assert_eq!(
        (of.slot, of.schedule, of.name.as_str()),
        (slot.id(), schedule.id(), "often")
    );
    assert_eq!(of.due, at("2026-03-01T10:20:00Z"));
    assert_eq!(schedule.runs(10)?.len(), 2);
    let output: u64 = run.step("double")?.load("output").await?;
    assert_eq!(output, 42);
    assert_eq!(work.stop().await, SchedulerEnd::Drained);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_run_does_not_stop_the_schedule() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let schedule = failing().schedule("failing", minutes(10)).on(&stack).await?;
    let mut work = AtWork::on(&stack, &clock).await;
    for _ in 0..3 {
        work.pass(TimeDelta::minutes(10)).await;
    }
    let slots = schedule.history(10)?;
    assert_eq!(slots.len(), 3);
    for slot in slots {
        assert_eq!(slot.state(), SlotState::Failed);
        assert!(
            slot.reason().unwrap().contains("no data today"),
            "{:?}",
            slot.reason()
        );
    }
    let schedule = schedule.refresh().await?;
    assert_eq!(
        (schedule.state(), schedule.record().failures),
        (ScheduleState::Active, 3)
    );
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_failures_in_a_row_it_is_paused_until_somebody_resumes_it() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let schedule = failing()
        .schedule("failing", minutes(10))
        .on(&stack)
        .pause_after_failures(2)
        .await?;
    let mut work = AtWork::on(&stack, &clock).await;
    for _ in 0..5 {
        work.pass(TimeDelta::minutes(10)).await;
    }
    let paused = schedule.refresh().await?;
    assert_eq!(paused.state(), ScheduleState::Paused);
    let reason = paused.reason().unwrap();
    assert!(
        reason.starts_with("paused after 2 failures in a row; the last: "),
        "{reason}"
    );
    assert!(reason.contains("no data today"), "{reason}");
    assert_eq!(paused.history(10)?.len(), 2);

    let resumed = paused.resume().await?;
    assert_eq!(
        (resumed.state(), resumed.record().failures),
        (ScheduleState::Active, 0)
    );
    assert_eq!(resumed.next(), Some(at("2026-03-01T11:00:00Z")));
    work.pass(TimeDelta::minutes(10)).await;
    assert_eq!(resumed.history(10)?.len(), 3);
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_updated_triggered_and_deleted_by_another_program_is_seen() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let schedule = doubling(1).schedule("often", minutes(10)).on(&stack).await?;
    let mut work = AtWork::on(&stack, &clock).await;
    let schedule = schedule.pause("maintenance").await?;
    assert_eq!((schedule.next(), schedule.reason()), (None, Some("maintenance")));
    work.pass(TimeDelta::minutes(30)).await;
    assert_eq!(states(&schedule), []);

    let slot = schedule.trigger().await?;
    assert_eq!(slot.record().cause, SlotCause::Trigger);
    work.pass(TimeDelta::seconds(1)).await;
    assert_eq!(slot.refresh()?.state(), SlotState::Completed);

    let schedule = schedule.resume().await?.update(minutes(60)).await?;
    assert_eq!(schedule.next(), Some(at("2026-03-01T11:30:01Z")));
    work.pass(TimeDelta::minutes(60)).await;
    assert_eq!(schedule.history(10)?.len(), 2);

    let client = Client::of(stack.clone());
    assert_eq!(client.schedules(&ScheduleFilter::default())?.len(), 1);
    schedule.clone().delete().await?;
    assert!(matches!(
        client.schedule("often"),
        Err(SchedulingError::NoSchedule { .. })
    ));
    assert!(matches!(
        schedule.refresh().await,
        Err(SchedulingError::NoSchedule { .. })
    ));
    assert!(matches!(
        schedule.trigger().await,
        Err(SchedulingError::NoSchedule { .. })
    ));
    work.pass(TimeDelta::hours(5)).await;
    assert_eq!(
        client.last_run("doubling")?.record().slot.as_ref().unwrap().name,
        "often"
    );
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn declaring_it_again_changes_only_what_is_new() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let first = doubling(1).schedule("often", minutes(10)).on(&stack).await?;
    let mut work = AtWork::on(&stack, &clock).await;
    work.pass(TimeDelta::minutes(15)).await;
    let again = doubling(1).schedule("often", minutes(10)).on(&stack).await?;
    assert_eq!(again.record().updated, first.record().updated);
    assert_eq!(again.next(), Some(at("2026-03-01T10:20:00Z")));
    // Other arguments, the same slots.
    let other = doubling(2).schedule("often", minutes(10)).on(&stack).await?;
    assert_eq!((other.id(), other.next()), (first.id(), again.next()));
    work.pass(TimeDelta::minutes(5)).await;
    let run = other.history(1)?.remove(0).run()?.unwrap();
    assert_eq!(run.step("double")?.load::<u64>("output").await?, 4);
    // What somebody paused stays paused.
    other.pause("by hand").await?;
    let paused = doubling(2).schedule("often", minutes(5)).on(&stack).await?;
    assert_eq!(paused.state(), ScheduleState::Paused);
    // The name is taken for another pipeline.
    let error = failing()
        .schedule("often", minutes(5))
        .on(&stack)
        .await
        .unwrap_err();
    assert!(matches!(error, SchedulingError::OtherPipeline { .. }), "{error}");
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_after_its_last_slot() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let once = doubling(1)
        .schedule("once", Schedule::once_at(at("2026-03-01T10:05:00Z")))
        .on(&stack)
        .await?;
    let thrice = doubling(1)
        .schedule("thrice", minutes(1).max_runs(3)?)
        .on(&stack)
        .await?;
    let until = doubling(1)
        .schedule("until", minutes(1).end_at(at("2026-03-01T10:02:30Z"))?)
        .on(&stack)
        .await?;
    let mut work = AtWork::on(&stack, &clock).await;
    for _ in 0..10 {
        work.pass(TimeDelta::minutes(1)).await;
    }
    for (schedule, slots) in [(once, 1), (thrice, 3), (until, 2)] {
        let schedule = schedule.refresh().await?;
        assert_eq!(schedule.state(), ScheduleState::Ended, "{}", schedule.name());
        assert!(schedule.reason().is_some());
        let states = states(&schedule);
        assert_eq!(states.len(), slots, "{states:?}");
        assert!(states.iter().all(|(_, state)| *state == SlotState::Completed));
    }
    // Said again at the next start of the program: nothing happens.
    let once = Schedule::once_at(at("2026-03-01T10:05:00Z"));
    let again = doubling(1).schedule("once", once).on(&stack).await?;
    assert_eq!(again.state(), ScheduleState::Ended);
    // A new one that would never fire is refused.
    let late = Schedule::once_at(at("2026-03-01T10:05:00Z"));
    let error = doubling(1).schedule("late", late).on(&stack).await.unwrap_err();
    assert!(matches!(error, SchedulingError::NeverFires { .. }), "{error}");
    work.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_could_not_start_is_refused_with_the_reason() -> Result<()> {
    #[pipeline]
    fn generic<T: Into<u64> + Copy + Send + Sync + 'static>(value: T) -> Artifact<u64> {
        let value: u64 = value.into();
        double(value)
    }
    let (stack, _) = stack_at("2026-03-01T10:00:00Z");
    let error = generic(3_u8)
        .schedule("generic", minutes(1))
        .on(&stack)
        .await
        .unwrap_err();
    let SchedulingError::NotStartable { reason, .. } = &error else {
        panic!("{error}")
    };
    assert!(reason.contains("generic or made by hand"), "{reason}");
    for name in ["", "  ", "a\nb", &"x".repeat(300)] {
        let error = doubling(1)
            .schedule(name, minutes(1))
            .on(&stack)
            .await
            .unwrap_err();
        assert!(matches!(error, SchedulingError::BadName { .. }), "{error}");
    }
    assert_eq!(Client::of(stack).schedules(&ScheduleFilter::default())?.len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn large_arguments_are_kept_with_the_schedule() -> Result<()> {
    let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
    let values: Vec<u64> = (0..20_000).collect();
    let schedule = summing(values.clone())
        .schedule("large", minutes(10))
        .on(&stack)
        .await?;
    let mut work = AtWork::on(&stack, &clock).await;
    work.pass(TimeDelta::minutes(10)).await;
    let run = schedule.history(1)?.remove(0).run()?.expect("a run");
    assert_eq!(
        run.step("sum")?.load::<u64>("output").await?,
        values.iter().sum::<u64>()
    );
    // Neither a prune nor the same declaration changes that.
    let client = Client::of(stack.clone());
    let policy = || zen_core::upkeep::PrunePolicy::keep_last(0);
    client.prune(&policy(), false).await?;
    summing(values).schedule("large", minutes(10)).on(&stack).await?;
    work.pass(TimeDelta::minutes(10)).await;
    assert_eq!(schedule.history(1)?.remove(0).state(), SlotState::Completed);
    work.stop().await;
    schedule.delete().await?;
    client.prune(&policy(), false).await?;
    let report = client
        .verify(zen_core::upkeep::VerifyOptions::all(), |_| {})
        .await?;
    assert!(report.is_sound(), "{report}");
    Ok(())
}
