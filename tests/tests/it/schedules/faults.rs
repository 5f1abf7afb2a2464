//! A store that fails under a scheduler, at every call and in every way; and schedulers that are dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::JoinSet;
use zen_core::graph::Component;
use zen_core::metadata::{MetadataStore, SlotState, SqliteMetadata};
use zen_core::prelude::*;
use zen_core::schedule::{CatchUp, Overlap, Schedule, ScheduleView, Scheduler, SchedulerEnd, SchedulerEvent};
use zen_core::stack::{Clock, ManualClock};
use zen_core::testing::{FaultyMetadata, MetadataFault};

use super::support::{AtWork, at};

/// Counts what was really done.
#[derive(Debug, Default)]
struct Done(AtomicUsize);

#[step(cache = false)]
fn count_it(ctx: &StepContext) -> u64 {
    if let Some(done) = ctx.component::<Done>() {
        done.0.fetch_add(1, Ordering::SeqCst);
    }
    1
}

#[pipeline]
fn counted() -> Artifact<u64> {
    count_it()
}

#[step(cache = false)]
async fn for_ever(ctx: &StepContext) -> u64 {
    if let Some(done) = ctx.component::<Done>() {
        done.0.fetch_add(1, Ordering::SeqCst);
    }
    std::future::pending().await
}

#[pipeline]
fn endless() -> Artifact<u64> {
    for_ever()
}

fn every_ten_minutes() -> Schedule {
    Schedule::every(Duration::from_secs(600)).unwrap()
}

struct Failing {
    stack: Stack,
    faulty: Arc<FaultyMetadata>,
    clock: Arc<ManualClock>,
    done: Arc<Done>,
}

fn failing() -> Failing {
    let inner = Arc::new(SqliteMetadata::in_memory().unwrap());
    let faulty = Arc::new(FaultyMetadata::new(inner));
    let clock = Arc::new(ManualClock::new(at("2026-03-01T10:00:00Z")));
    let done = Arc::<Done>::default();
    let stack = Stack::builder()
        .metadata(Arc::clone(&faulty) as Arc<dyn MetadataStore>)
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .component(Component::new("test", "done", "counter", Arc::clone(&done)))
        .build()
        .unwrap();
    Failing {
        stack,
        faulty,
        clock,
        done,
    }
}

/// Slots come due while the store fails. Returns whether the fault was reached.
async fn spoiled(fault: MetadataFault, after_start: bool) -> bool {
    let it = failing();
    let catch_up = every_ten_minutes().catch_up(CatchUp::All).overlap(Overlap::Queue);
    let schedule = counted().schedule("all", catch_up).on(&it.stack).await.unwrap();
    let reached = |faulty: &FaultyMetadata| match fault {
        MetadataFault::FailRead(n) | MetadataFault::FailReadsFrom(n) => faulty.reads() >= n,
        MetadataFault::FailApply(n)
        | MetadataFault::AmbiguousApply(n)
        | MetadataFault::FailAppliesFrom(n) => faulty.applies() >= n,
        _ => false,
    };
    if !after_start {
        // It may be refused: then it is started again when the store has recovered.
        it.clock.advance(TimeDelta::minutes(25));
        it.faulty.set(fault);
    }
    let mut work = AtWork::start(Scheduler::new().on(&it.stack));
    work.clocked(&it.clock);
    if after_start {
        assert_eq!(work.notices_or_settles().await, Some(false), "{fault:?}");
        it.faulty.set(fault);
        it.clock.advance(TimeDelta::minutes(25));
    }
    // Until it has done all it can, or has noticed.
    let noticed = work.notices_or_settles().await;
    let was_reached = reached(&it.faulty);
    it.faulty.set(MetadataFault::None);
    if noticed.is_none() {
        work = AtWork::on(&it.stack, &it.clock).await;
    }
    work.pass(TimeDelta::minutes(10)).await;
    work.pass(TimeDelta::minutes(10)).await;
    let taken = |event: &SchedulerEvent| matches!(event, SchedulerEvent::Requeued { .. });
    assert!(!work.events().iter().any(taken), "{fault:?}: nobody has died");
    assert_eq!(work.stop().await, SchedulerEnd::Drained, "{fault:?}");
    each_slot_once(&schedule, 4, &it, fault);
    was_reached
}

fn each_slot_once(schedule: &ScheduleView, slots: usize, it: &Failing, fault: MetadataFault) {
    let history = schedule.history(100).unwrap();
    let due: Vec<_> = history
        .iter()
        .map(|slot| slot.due().format("%H:%M").to_string())
        .collect();
    assert_eq!(
        due,
        ["10:40", "10:30", "10:20", "10:10"][4 - slots..],
        "{fault:?}"
    );
    let runs = schedule.runs(100).unwrap();
    for slot in &history {
        let of_it: Vec<_> = runs
            .iter()
            .filter(|run| run.record().slot.as_ref().is_some_and(|of| of.slot == slot.id()))
            .collect();
        let completed = of_it
            .iter()
            .filter(|run| run.status() == Status::Completed)
            .count();
        let context = || format!("{fault:?}: {:?}, {of_it:?}", slot.record());
        match slot.state() {
            SlotState::Completed => assert_eq!(completed, 1, "{}", context()),
            // Its run could not be started or recorded.
            SlotState::Failed => assert!(slot.reason().unwrap().contains("told to fail"), "{}", context()),
            _ => panic!("{}", context()),
        }
        assert_eq!(slot.record().deaths, 0, "{}", context());
        assert!(of_it.len() <= 1, "{}", context());
    }
    let done = it.done.0.load(Ordering::SeqCst);
    let completed = history
        .iter()
        .filter(|slot| slot.state() == SlotState::Completed)
        .count();
    assert!(
        (completed..=slots).contains(&done),
        "{fault:?}: done {done} times, {completed} completed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_call_of_the_store_fails_no_slot_is_lost_or_fired_twice() {
    let kinds: [fn(u64) -> MetadataFault; 5] = [
        MetadataFault::FailApply,
        MetadataFault::AmbiguousApply,
        MetadataFault::FailAppliesFrom,
        MetadataFault::FailRead,
        MetadataFault::FailReadsFrom,
    ];
    // At the same time, since a scheduler waits for a second before it asks again.
    let mut all = JoinSet::new();
    for kind in kinds {
        for after_start in [false, true] {
            for n in 1..=20 {
                all.spawn(spoiled(kind(n), after_start));
            }
        }
    }
    let reached = all
        .join_all()
        .await
        .into_iter()
        .filter(|reached| *reached)
        .count();
    assert!(reached > 80, "only {reached} of the faults were reached");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_store_that_stays_away_a_stopped_scheduler_ends_all_the_same() {
    let it = failing();
    let schedule = endless()
        .schedule("endless", every_ten_minutes())
        .on(&it.stack)
        .await
        .unwrap();
    let mut work = AtWork::start(Scheduler::new().on(&it.stack).grace(Duration::ZERO));
    work.clocked(&it.clock);
    work.settle().await;
    it.clock.advance(TimeDelta::minutes(10));
    work.wait_for(|event| matches!(event, SchedulerEvent::Fired { .. }))
        .await;
    it.faulty.set(MetadataFault::FailAppliesFrom(1));
    assert!(matches!(work.stop().await, SchedulerEnd::Cancelled { .. }));
    it.faulty.set(MetadataFault::None);
    assert_eq!(schedule.history(1).unwrap()[0].state(), SlotState::Claimed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dropped_scheduler_had_is_taken_over_in_the_same_process() {
    let done = Arc::<Done>::default();
    let clock = Arc::new(ManualClock::new(at("2026-03-01T10:00:00Z")));
    let stack = Stack::builder()
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .component(Component::new("test", "done", "counter", Arc::clone(&done)))
        .build()
        .unwrap();
    let schedule = endless()
        .schedule("endless", every_ten_minutes())
        .on(&stack)
        .await
        .unwrap();
    for deaths in 0..3 {
        let mut work = AtWork::start(Scheduler::new().on(&stack));
        work.clocked(&clock);
        if deaths == 0 {
            work.settle().await;
            clock.advance(TimeDelta::minutes(10));
        }
        work.wait_for(|event| matches!(event, SchedulerEvent::Fired { .. }))
            .await;
        // It goes on working beside the run.
        work.advance(TimeDelta::seconds(1)).await;
        let slots = schedule.history(10).unwrap();
        assert_eq!(slots.len(), 1);
        let slot = slots[0].record();
        assert_eq!(
            (slot.state, slot.deaths),
            (SlotState::Claimed, deaths),
            "{slot:?}"
        );
        // Whether its run has been recorded as cancelled by then or not.
        work.drop_it().await;
        if deaths == 0 {
            let (client, run) = (Client::of(stack.clone()), slot.run.unwrap());
            let is_over = || client.run(run).unwrap().status().is_final();
            crate::support::eventually_async("the run is cancelled", is_over).await;
        }
    }
    let mut last = AtWork::start(Scheduler::new().on(&stack));
    last.clocked(&clock);
    last.settle().await;
    let slot = &schedule.history(1).unwrap()[0];
    assert_eq!((slot.state(), slot.record().deaths), (SlotState::Failed, 3));
    last.stop().await;
}
