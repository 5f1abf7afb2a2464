//! A clock that was set back, or was wrong.

use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use uuid::Uuid;
use zen_core::metadata::{Change, RunFilter};
use zen_core::prelude::*;
use zen_core::stack::{Clock, ManualClock};
use zen_core::testing::{assert_cached, assert_executed};

use crate::support::{files, memory};

#[step(cache = false)]
fn made(number: u64) -> u64 {
    number
}

#[pipeline]
fn numbered(number: u64, fail: bool) -> Artifact<u64> {
    let first = made(number);
    fails_if(fail).after(&first);
    first
}

#[step(cache = false)]
fn fails_if(fail: bool) -> Result<()> {
    match fail {
        true => Err("as told".into()),
        false => Ok(()),
    }
}

/// An hour later than any id that this process makes now.
fn from_the_future(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128() + (3_600_000 << 80))
}

/// As if another program, whose clock is wrong, had run the pipeline.
fn run_of_the_future(stack: &Stack, like: &RunView, status: Status) -> Uuid {
    let mut record = like.record().clone();
    record.id = from_the_future(record.id);
    record.status = Status::Running;
    record.started += TimeDelta::hours(1);
    record.ended = None;
    let (run, ended) = (record.id, record.started);
    let started = Change::RunStarted {
        run: Box::new(record),
        graph: None,
    };
    let ended = Change::RunEnded {
        run,
        status,
        error: None,
        ended,
    };
    stack.metadata().apply(&[started, ended]).unwrap();
    run
}

#[tokio::test]
async fn the_last_run_is_the_one_that_was_started_last() {
    for (_folder, stack) in [(None, memory()), {
        let (folder, stack) = files();
        (Some(folder), stack)
    }] {
        let client = Client::of(stack.clone());
        let first = numbered(1, false).on(&stack).quiet().run().await.unwrap();
        let future = run_of_the_future(&stack, &first, Status::Completed);
        assert_eq!(client.last_run("numbered").unwrap().id(), future);
        let mut before = future;
        for number in 2..5 {
            let run = numbered(number, false).on(&stack).quiet().run().await.unwrap();
            assert!(run.id() > before);
            assert_eq!(client.last_run("numbered").unwrap().id(), run.id());
            before = run.id();
            // The newest version by number, and in the list.
            let newest = client.artifact("numbered.made", None).unwrap();
            assert_eq!(newest.load::<u64>().await.unwrap(), number);
            assert_eq!(newest.record().producer_run, Some(run.id()));
            let compared = run.explain("made").unwrap().compared_with;
            assert!(compared.is_some_and(|run| run < before), "{compared:?}");
        }
        let listed = client.runs(&RunFilter::default()).unwrap();
        let numbers: Vec<_> = listed
            .iter()
            .map(|run| run.arguments()["number"].clone())
            .collect();
        assert_eq!(numbers, [4, 3, 2, 1, 1], "newest first");
    }
}

#[tokio::test]
async fn what_is_continued_is_the_run_that_was_started_last() {
    let stack = memory();
    let first = numbered(1, false).on(&stack).quiet().run().await.unwrap();
    run_of_the_future(&stack, &first, Status::Completed);
    let error = numbered(1, true).on(&stack).quiet().run().await.unwrap_err();
    let run = numbered(1, true)
        .on(&stack)
        .resume_last()
        .quiet()
        .run()
        .await
        .unwrap_err();
    let record = Client::of(stack).run(run.run().unwrap()).unwrap();
    assert_eq!(record.record().resumed_from, error.run());
    assert_cached(&record, &["made"]);
}

#[step(cache(expires = "1h"))]
fn hourly() -> i64 {
    1
}

#[pipeline]
fn expiring() -> Artifact<i64> {
    hourly()
}

/// A step that was executed while the clock showed another year must not be taken for fresh until that year.
#[tokio::test]
async fn outputs_of_the_future_are_not_fresh() {
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let stack = Stack::builder()
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .build()
        .unwrap();
    expiring().on(&stack).quiet().run().await.unwrap();
    // Nobody's clock is exact.
    clock.advance(TimeDelta::minutes(-5));
    assert_cached(&expiring().on(&stack).quiet().run().await.unwrap(), &["hourly"]);
    clock.advance(TimeDelta::days(-3000));
    let run = expiring().on(&stack).quiet().run().await.unwrap();
    assert_executed(&run, &["hourly"]);
    assert_cached(&expiring().on(&stack).quiet().run().await.unwrap(), &["hourly"]);
}

#[step(timeout = "60s")]
fn sets_the_clock_back(ctx: &StepContext) -> Result<u64> {
    let clock = ctx.component::<ManualClock>().ok_or("there is no clock")?;
    clock.advance(TimeDelta::days(-2));
    ctx.log("it is two days earlier");
    std::thread::sleep(Duration::from_millis(2));
    Ok(3)
}

#[pipeline]
fn back_in_time() -> Artifact<u64> {
    sets_the_clock_back()
}

#[tokio::test]
async fn a_clock_that_goes_back_during_a_step_harms_nothing() {
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let component = zen_core::graph::Component::new("test", "clock", "manual", Arc::clone(&clock));
    let stack = Stack::builder()
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .component(component)
        .build()
        .unwrap();
    let run = back_in_time().on(&stack).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 3);
    let step = run.step("sets_the_clock_back").unwrap();
    assert_eq!(step.status(), Status::Completed);
    assert_eq!(step.logs(0).unwrap().len(), 1);
    assert_cached(
        &back_in_time().on(&stack).quiet().run().await.unwrap(),
        &["sets_the_clock_back"],
    );
}
