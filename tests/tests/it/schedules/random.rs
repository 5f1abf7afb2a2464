//! Whatever people do to a schedule and to the clock: each slot has one record, and nothing is fired twice.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use zen_core::metadata::{SlotCause, SlotRecord, SlotState};
use zen_core::prelude::*;
use zen_core::schedule::{CatchUp, Overlap, Schedule, ScheduleView};
use zen_core::stack::ManualClock;

use super::support::{AtWork, stack_at};

/// Milliseconds that a run takes: of the real time, while the schedule's clock stands still.
#[step(cache = false)]
async fn rest(millis: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    millis
}

#[pipeline]
fn resting(millis: u64) -> Artifact<u64> {
    rest(millis)
}

#[derive(Debug, Clone)]
enum Operation {
    Pause,
    Resume,
    Update(Table),
    Declare(Table, u64),
    Trigger,
    Delete,
    /// Time passes.
    Pass(i64),
    /// Somebody sets the clock, by so many seconds.
    Jump(i64),
    /// One scheduler is stopped and another one begins.
    Replace(bool),
}

#[derive(Debug, Clone)]
struct Table {
    seconds: u64,
    catch_up: CatchUp,
    overlap: Overlap,
    grace: u64,
    max_runs: Option<u64>,
}

impl Table {
    fn schedule(&self) -> Schedule {
        let schedule = Schedule::every(Duration::from_secs(self.seconds)).unwrap();
        let schedule = schedule
            .catch_up(self.catch_up)
            .overlap(self.overlap)
            .grace(Duration::from_secs(self.grace));
        match self.max_runs {
            Some(runs) => schedule.max_runs(runs).unwrap(),
            None => schedule,
        }
    }
}

fn tables() -> impl Strategy<Value = Table> {
    (
        10..200_u64,
        prop_oneof![Just(CatchUp::None), Just(CatchUp::Latest), Just(CatchUp::All)],
        prop_oneof![Just(Overlap::Skip), Just(Overlap::Queue), Just(Overlap::Allow)],
        0..100_u64,
        prop::option::weighted(0.2, 1..6_u64),
    )
        .prop_map(|(seconds, catch_up, overlap, grace, max_runs)| Table {
            seconds,
            catch_up,
            overlap,
            grace,
            max_runs,
        })
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let operation = prop_oneof![
        1 => Just(Operation::Pause),
        2 => Just(Operation::Resume),
        1 => tables().prop_map(Operation::Update),
        1 => (tables(), 0..4_u64).prop_map(|(table, millis)| Operation::Declare(table, millis)),
        1 => Just(Operation::Trigger),
        1 => Just(Operation::Delete),
        8 => (1..600_i64).prop_map(Operation::Pass),
        2 => (-400..400_i64).prop_map(Operation::Jump),
        1 => any::<bool>().prop_map(Operation::Replace),
    ];
    prop::collection::vec(operation, 1..25)
}

/// A time during which a time table was in force.
struct Window {
    schedule: Schedule,
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
}

struct World {
    stack: Stack,
    clock: Arc<ManualClock>,
    schedulers: Vec<AtWork>,
    windows: Vec<Window>,
    /// Slots of times before that come again since the clock went back: whether they do depends on what is done meanwhile.
    again: HashSet<DateTime<Utc>>,
}

impl World {
    async fn new() -> Self {
        let (stack, clock) = stack_at("2026-03-01T10:00:00Z");
        let mut schedulers = Vec::new();
        for _ in 0..2 {
            schedulers.push(AtWork::on(&stack, &clock).await);
        }
        Self {
            stack,
            clock,
            schedulers,
            windows: Vec::new(),
            again: HashSet::new(),
        }
    }

    /// The clock was set: what the time table in force has once more is open again.
    fn went_back(&mut self) {
        let now = self.now();
        let Some(current) = self.windows.iter().find(|window| window.to.is_none()) else {
            return;
        };
        for window in &self.windows {
            let Some(to) = window.to else { continue };
            let slots = window
                .schedule
                .after(window.from.max(now))
                .take_while(|slot| *slot <= to);
            let before = |slot: DateTime<Utc>| slot - TimeDelta::microseconds(1);
            self.again
                .extend(slots.filter(|slot| current.schedule.next_after(before(*slot)) == Some(*slot)));
        }
    }

    fn schedule(&self) -> Option<ScheduleView> {
        Client::of(self.stack.clone()).schedule("it").ok()
    }

    fn now(&self) -> DateTime<Utc> {
        zen_core::stack::Clock::now(&*self.clock)
    }

    /// Both have done what is due, also what the other one has made possible.
    async fn settle(&mut self) {
        loop {
            for scheduler in &mut self.schedulers {
                self.clock.advance(TimeDelta::milliseconds(1));
                scheduler.settle().await;
            }
            let Some(schedule) = self.schedule() else { return };
            let open = zen_core::metadata::SlotFilter {
                settled: Some(false),
                ..zen_core::metadata::SlotFilter::default()
            };
            if schedule.slots(&open).unwrap().is_empty() {
                return;
            }
        }
    }

    /// From now on another time table is in force, or none.
    fn window(&mut self, after: Option<&ScheduleView>) {
        let now = self.now();
        for window in &mut self.windows {
            window.to.get_or_insert(now);
        }
        match after {
            None => {}
            Some(schedule) if schedule.next().is_some() => self.windows.push(Window {
                schedule: schedule.schedule().clone(),
                from: schedule.record().cursor,
                to: None,
            }),
            Some(_) => {}
        }
    }

    async fn act(&mut self, operation: &Operation) -> Result<()> {
        match (operation, self.schedule()) {
            (Operation::Pause, Some(schedule)) => {
                let after = schedule.pause("by hand").await?;
                self.window(Some(&after));
            }
            (Operation::Resume, Some(schedule)) => {
                // Otherwise nothing begins anew.
                if schedule.state() == zen_core::metadata::ScheduleState::Paused {
                    let after = schedule.resume().await?;
                    self.window(Some(&after));
                }
            }
            (Operation::Update(table), Some(schedule)) => {
                let after = schedule.update(table.schedule()).await?;
                self.window(Some(&after));
            }
            (Operation::Declare(table, millis), before) => {
                let same = |before: &ScheduleView| before.describe() == table.schedule().describe();
                if before.as_ref().is_some_and(same) {
                    return Ok(());
                }
                let declared = resting(*millis).schedule("it", table.schedule());
                let after = declared.on(&self.stack).await?;
                if before.is_none() {
                    self.windows.clear();
                }
                self.window(Some(&after));
            }
            (Operation::Trigger, Some(schedule)) => drop(schedule.trigger().await?),
            (Operation::Delete, Some(schedule)) => {
                schedule.delete().await?;
                self.windows.clear();
            }
            (Operation::Pass(seconds), _) => self.clock.advance(TimeDelta::seconds(*seconds)),
            (Operation::Jump(seconds), _) => {
                self.clock.jump(TimeDelta::seconds(*seconds));
                self.went_back();
            }
            (Operation::Replace(first), _) => {
                let fresh = AtWork::on(&self.stack, &self.clock).await;
                let old = std::mem::replace(&mut self.schedulers[usize::from(*first)], fresh);
                old.stop().await;
            }
            (_, None) => {}
        }
        Ok(())
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let Some(schedule) = self.schedule() else {
            return Ok(());
        };
        let history = schedule.history(100_000).unwrap();
        let all: Vec<&SlotRecord> = history.iter().map(|slot| slot.record()).collect();
        let due: Vec<&SlotRecord> = all
            .iter()
            .copied()
            .filter(|slot| slot.cause == SlotCause::Due)
            .collect();
        let wrong = |what: String| {
            Err(TestCaseError::fail(format!(
                "{what}\n{:#?}\n{due:#?}",
                schedule.record()
            )))
        };
        if let Some(open) = all.iter().find(|slot| !slot.state.is_settled()) {
            return wrong(format!("never settled: {open:?}"));
        }
        if let Some(limit) = schedule.schedule().run_limit()
            && schedule.record().fired > limit
        {
            return wrong("more were fired than may be".to_owned());
        }
        let runs = schedule.runs(100_000).unwrap();
        let of: Vec<_> = runs
            .iter()
            .filter_map(|run| Some(run.record().slot.as_ref()?.slot))
            .collect();
        if of.iter().collect::<HashSet<_>>().len() != runs.len() {
            return wrong("a slot has led to two runs".to_owned());
        }
        for slot in &all {
            let fired = of.contains(&slot.id);
            if fired != (slot.state == SlotState::Completed) {
                return wrong(format!("fired: {fired}, and it is {slot:?}"));
            }
        }
        let now = self.now();
        for window in &self.windows {
            let to = window.to.unwrap_or(now).min(now);
            let is_last = window.to.is_none();
            for slot in window.schedule.after(window.from).take_while(|slot| *slot <= to) {
                let records = due.iter().filter(|of| of.due <= slot && slot <= of.last).count();
                // After its last run, or its last slot, nothing is recorded of what comes.
                let over = is_last && schedule.next().is_none();
                let ended = window.schedule.run_limit().is_some();
                let excused = over || ended || self.again.contains(&slot);
                if records > 1 || (records == 0 && !excused) {
                    return wrong(format!("the slot of {slot} has {records} records"));
                }
            }
        }
        Ok(())
    }
}

async fn try_all(operations: &[Operation]) -> Result<(), TestCaseError> {
    let failed = |error: BoxError| TestCaseError::fail(error.to_string());
    let mut world = World::new().await;
    let first = Table {
        seconds: 60,
        catch_up: CatchUp::Latest,
        overlap: Overlap::Skip,
        grace: 60,
        max_runs: None,
    };
    world.act(&Operation::Declare(first, 1)).await.map_err(failed)?;
    for operation in operations {
        world.act(operation).await.map_err(failed)?;
        // What has been due by the old time table is settled before anything else is asked.
        world.settle().await;
        world.check()?;
    }
    for scheduler in world.schedulers {
        scheduler.stop().await;
    }
    Ok(())
}

#[test]
fn each_slot_has_one_record_whatever_is_done() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: 48,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let run = TestRunner::new(config).run(&operations(), |operations| {
        let tried = runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(120), try_all(&operations)).await });
        tried.unwrap_or_else(|_| Err(TestCaseError::fail("it hangs")))
    });
    if let Err(error) = run {
        panic!("{error}");
    }
}

/// What was found once: the clock goes back over a change of the time table, or over a pause.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_of_slots_that_do_not_come_again_stands() {
    let often = Table {
        seconds: 10,
        catch_up: CatchUp::None,
        overlap: Overlap::Skip,
        grace: 0,
        max_runs: None,
    };
    for between in [Operation::Update(often), Operation::Pause] {
        let operations = [
            Operation::Pass(120),
            between,
            Operation::Jump(-61),
            Operation::Pass(1),
        ];
        try_all(&operations).await.unwrap();
    }
}
