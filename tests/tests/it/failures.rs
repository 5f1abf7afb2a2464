//! Errors, panics, retries, timeouts, cancellation and failure policies.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use zen_core::graph::{Component, FailureKind};
use zen_core::prelude::*;
use zen_core::runner::{Observer, RunEvent};
use zen_core::testing::{assert_executed, assert_statuses};

use crate::support::{Calls, count, counting, eventually_async, memory};

#[derive(Debug, thiserror::Error)]
#[error("the reading failed")]
struct Reading(#[source] std::io::Error);

#[step]
fn unreadable() -> std::result::Result<u32, Reading> {
    Err(Reading(std::io::Error::other("no such sensor")))
}

#[step]
fn panics(x: u32) -> u32 {
    let list: Vec<u32> = Vec::new();
    list[x as usize]
}

#[step]
async fn panics_async() -> u32 {
    tokio::task::yield_now().await;
    panic!("asynchronously {}", "bad")
}

#[step]
fn fine() -> u32 {
    1
}

#[step]
fn needs(x: u32) -> u32 {
    x
}

#[pipeline]
fn single(which: u8) -> Artifact<u32> {
    match which {
        0 => unreadable(),
        1 => panics(7),
        _ => panics_async(),
    }
}

#[tokio::test]
async fn errors_and_panics_are_the_steps_failure_with_their_causes_and_place() {
    let stack = memory();
    let error = single(0).on(&stack).quiet().run().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("step `unreadable` failed: the reading failed: no such sensor"),
        "{error}"
    );
    assert_eq!(error.failure_kind(), Some(FailureKind::Error));
    let error = single(1).on(&stack).quiet().run().await.unwrap_err();
    assert_eq!(error.failure_kind(), Some(FailureKind::Panic));
    assert!(
        error.to_string().contains("failures.rs:") && error.to_string().contains("index out of bounds"),
        "{error}"
    );
    let error = single(2).on(&stack).quiet().run().await.unwrap_err();
    assert!(
        error.to_string().contains("failures.rs:") && error.to_string().contains("asynchronously bad"),
        "{error}"
    );
    let run = Client::of(stack).run(error.run().unwrap()).unwrap();
    assert_eq!(
        (run.status(), run.step("panics_async").unwrap().status()),
        (Status::Failed, Status::Failed)
    );
    assert!(run.error().unwrap().contains("asynchronously bad"));
}

#[pipeline]
fn mixed() -> Artifact<u32> {
    let bad = unreadable();
    let after_bad = needs(bad);
    let waits = fine().named("waits").after(&bad);
    let independent = needs(fine()).named("independent");
    needs(after_bad);
    needs(waits).named("after_waits");
    independent
}

#[tokio::test]
async fn policies_decide_about_the_rest() {
    let stack = memory();
    let client = Client::of(stack.clone());
    let error = mixed().on(&stack).quiet().run().await.unwrap_err();
    let run = client.run(error.run().unwrap()).unwrap();
    assert_statuses(
        &run,
        &[
            ("needs", Status::Skipped),
            ("needs_2", Status::Skipped),
            ("waits", Status::Skipped),
        ],
    );
    assert_executed(&run, &["fine", "independent"]);
    assert!(
        run.step("needs")
            .unwrap()
            .error()
            .unwrap()
            .contains("`unreadable` did not succeed")
    );

    let error = mixed()
        .on(&stack)
        .cache(false)
        .failure(FailurePolicy::Continue)
        .quiet()
        .run()
        .await
        .unwrap_err();
    let run = client.run(error.run().unwrap()).unwrap();
    assert_executed(&run, &["waits", "after_waits", "independent"]);
    assert_statuses(&run, &[("needs", Status::Skipped)]);

    // With one at a time, the failing step comes first.
    let launch = mixed()
        .on(&stack)
        .cache(false)
        .failure(FailurePolicy::FailFast)
        .parallel(1);
    let error = launch.quiet().run().await.unwrap_err();
    let run = client.run(error.run().unwrap()).unwrap();
    let skipped = [
        ("needs", Status::Skipped),
        ("waits", Status::Skipped),
        ("independent", Status::Skipped),
    ];
    assert_statuses(&run, &skipped);
}

#[step]
fn two(fail: bool) -> Result<(u32, u32)> {
    if fail { Err("no".into()) } else { Ok((1, 2)) }
}

#[step]
fn both(a: u32, b: u32) -> u32 {
    a + b
}

#[pipeline]
fn read_twice(fail: bool) -> Artifact<u32> {
    let (a, b) = two(fail);
    both(both(a, b), both(a, a))
}

#[tokio::test]
async fn what_reads_several_outputs_of_a_failed_step_is_skipped_once() {
    let stack = memory();
    let events = Arc::new(Events::default());
    let launch = read_twice(true)
        .on(&stack)
        .observer(Arc::clone(&events) as Arc<dyn Observer>);
    let error = launch.run().await.unwrap_err();
    assert!(
        error.to_string().contains("step `two` failed: no (run"),
        "{error}"
    );
    let run = Client::of(stack.clone()).run(error.run().unwrap()).unwrap();
    assert_statuses(
        &run,
        &[
            ("two", Status::Failed),
            ("both", Status::Skipped),
            ("both_3", Status::Skipped),
        ],
    );
    let ended = |event: &RunEvent| match event {
        RunEvent::RunEnded { steps, .. } => Some(steps.clone()),
        _ => None,
    };
    let counts = events.0.lock().unwrap().iter().find_map(ended).unwrap();
    assert_eq!(counts, [(Status::Failed, 1), (Status::Skipped, 3)]);
    // What was skipped has no key; the next run is compared with the last one that has.
    read_twice(false).on(&stack).quiet().run().await.unwrap();
    read_twice(true).on(&stack).quiet().run().await.unwrap_err();
    let run = read_twice(false)
        .on(&stack)
        .cache(false)
        .quiet()
        .run()
        .await
        .unwrap();
    assert_eq!(run.explain("both").unwrap().changed, []);
}

#[step(retry(max = 3, delay = "1ms", backoff = 2.0))]
fn flaky(ctx: &StepContext) -> Result<u32> {
    ctx.log(format!("attempt {}", ctx.attempt()));
    match count(ctx) {
        n if n < 2 => Err(format!("failure {n}").into()),
        _ => Ok(ctx.attempt()),
    }
}

#[pipeline]
fn retried() -> Artifact<u32> {
    flaky()
}

#[pipeline]
fn retried_once() -> Artifact<u32> {
    flaky().retry(1)
}

/// Keeps every event.
#[derive(Debug, Default)]
struct Events(Mutex<Vec<RunEvent>>);

impl Observer for Events {
    fn event(&self, event: &RunEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

#[tokio::test]
async fn a_failed_step_is_tried_again() {
    let (stack, calls) = counting();
    let events = Arc::new(Events::default());
    let run = retried()
        .on(&stack)
        .observer(Arc::clone(&events) as Arc<dyn Observer>)
        .run()
        .await
        .unwrap();
    assert_eq!((*run.output().await.unwrap(), calls.get()), (3, 3));
    let step = run.step("flaky").unwrap();
    assert_eq!((step.record().attempt, step.status()), (3, Status::Completed));
    let lines: Vec<_> = step
        .logs(0)
        .unwrap()
        .into_iter()
        .map(|line| line.message)
        .collect();
    assert_eq!(lines, ["attempt 1", "attempt 2", "attempt 3"]);
    let is_retry = |event: &&RunEvent| matches!(event, RunEvent::StepRetrying { .. });
    assert_eq!(events.0.lock().unwrap().iter().filter(is_retry).count(), 2);
    let (stack, calls) = counting();
    let error = retried_once().on(&stack).quiet().run().await.unwrap_err();
    assert!(error.to_string().contains("failure 1"), "{error}");
    assert_eq!(calls.get(), 2);
}

/// Lets a test hold a step's body until it says go.
#[derive(Debug, Default)]
struct Gate {
    open: Mutex<bool>,
    opened: std::sync::Condvar,
    entered: AtomicUsize,
}

impl Gate {
    fn pass(&self) {
        self.entered.fetch_add(1, Ordering::SeqCst);
        let mut open = self.open.lock().unwrap();
        while !*open {
            open = self.opened.wait(open).unwrap();
        }
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

fn gated() -> (Stack, Arc<Gate>, Arc<Calls>) {
    let (gate, calls) = (Arc::new(Gate::default()), Arc::new(Calls::default()));
    let stack = Stack::builder()
        .component(Component::new("test", "gate", "gate", Arc::clone(&gate)))
        .component(Component::new("test", "calls", "counter", Arc::clone(&calls)))
        .build()
        .unwrap();
    (stack, gate, calls)
}

#[step(timeout = "50ms")]
fn stuck(ctx: &StepContext) -> Result<u32> {
    let before = count(ctx);
    if ctx.attempt() == 1 {
        ctx.component::<Gate>().unwrap().pass();
        // Too late: neither the value nor what is said counts.
        ctx.log("late");
        assert!(ctx.is_cancelled() && ctx.log_metric("late", 1.0).is_err());
    }
    Ok(before as u32)
}

#[step(timeout = "50ms")]
async fn stuck_async(ctx: &StepContext) -> u32 {
    if ctx.attempt() == 1 {
        std::future::pending::<()>().await;
    }
    9
}

#[pipeline]
fn timed() -> Artifact<u32> {
    stuck()
}

#[pipeline]
fn timed_retry() -> (Artifact<u32>, Artifact<u32>) {
    (stuck().retry(1), stuck_async().retry(1))
}

#[tokio::test]
async fn a_run_goes_on_without_a_body_that_takes_too_long() {
    let (stack, gate, _) = gated();
    let started = Instant::now();
    let error = timed().on(&stack).quiet().run().await.unwrap_err();
    assert_eq!(error.failure_kind(), Some(FailureKind::Timeout));
    assert!(
        error.to_string().contains("longer than its timeout of 50ms"),
        "{error}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "the run waited for the body"
    );
    gate.open();
    let run = Client::of(stack).run(error.run().unwrap()).unwrap();
    assert_eq!(run.step("stuck").unwrap().status(), Status::Failed);
    assert!(run.step("stuck").unwrap().logs(0).unwrap().is_empty());
}

#[tokio::test]
async fn a_retry_after_a_timeout_waits_for_the_body_that_still_runs() {
    let (stack, gate, calls) = gated();
    #[pipeline]
    fn once() -> Artifact<u32> {
        stuck().retry(1)
    }
    #[derive(Debug)]
    struct OpenOnRetry(Arc<Gate>, Arc<Calls>);
    impl Observer for OpenOnRetry {
        fn event(&self, event: &RunEvent) {
            if matches!(event, RunEvent::StepRetrying { .. }) {
                assert_eq!(
                    self.1.get(),
                    1,
                    "the next attempt began while the first still ran"
                );
                self.0.open();
            }
        }
    }
    let observer = Arc::new(OpenOnRetry(Arc::clone(&gate), Arc::clone(&calls)));
    let run = once().on(&stack).observer(observer).run().await.unwrap();
    assert_eq!((*run.output().await.unwrap(), calls.get()), (1, 2));
    assert!(
        run.step("stuck").unwrap().logs(0).unwrap().is_empty(),
        "what a given up attempt said was kept"
    );
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_tried_again_and_does_not_hold_up_the_run() {
    let (stack, gate, _) = gated();
    let error = timed_retry()
        .on(&stack)
        .grace(Duration::from_millis(100))
        .quiet()
        .run()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("can't be stopped"), "{error}");
    gate.open();
    let run = Client::of(stack).run(error.run().unwrap()).unwrap();
    // An asynchronous body is dropped, so that it can be tried again at once.
    assert_executed(&run, &["stuck_async"]);
}

#[step]
fn blocks(ctx: &StepContext) -> u32 {
    while !ctx.is_cancelled() {
        std::thread::yield_now();
    }
    1
}

#[step]
async fn waits_for_ever() -> u32 {
    std::future::pending().await
}

#[pipeline]
fn endless() -> Artifact<u32> {
    let blocked = blocks();
    waits_for_ever();
    needs(blocked)
}

#[tokio::test]
async fn a_cancelled_run_says_so() {
    let stack = memory();
    let handle = endless().on(&stack).quiet().start().await.unwrap();
    let id = handle.id();
    let client = Client::of(stack);
    // Both are running before the run is cancelled: seen from outside, as a person would.
    let running = |name: &str| {
        client
            .run(id)
            .and_then(|run| run.step(name))
            .is_ok_and(|s| s.status() == Status::Running)
    };
    eventually_async("both steps run", || {
        running("blocks") && running("waits_for_ever")
    })
    .await;
    handle.cancel();
    let error = handle.wait().await.unwrap_err();
    assert!(
        matches!(&error, RunError::Cancelled { reason, .. } if reason.contains("by the program")),
        "{error:?}"
    );
    let run = client.run(id).unwrap();
    assert_eq!(run.status(), Status::Cancelled);
    // What ended by itself is kept, what was dropped or never started is cancelled.
    assert_statuses(
        &run,
        &[
            ("blocks", Status::Completed),
            ("waits_for_ever", Status::Cancelled),
        ],
    );
    assert_statuses(&run, &[("needs", Status::Cancelled)]);
}

#[tokio::test]
async fn a_step_that_waits_for_a_free_slot_is_queued() {
    #[pipeline]
    fn two() -> Artifact<u32> {
        blocks();
        needs(3)
    }
    let stack = memory();
    let handle = two().on(&stack).parallel(1).quiet().start().await.unwrap();
    let client = Client::of(stack);
    eventually_async("the status changes", || {
        client
            .run(handle.id())
            .and_then(|run| run.step("needs"))
            .is_ok_and(|step| step.status() == Status::Queued)
    })
    .await;
    handle.cancel();
    let id = handle.id();
    handle.wait().await.unwrap_err();
    assert_statuses(&client.run(id).unwrap(), &[("needs", Status::Cancelled)]);
}

#[tokio::test]
async fn dropping_a_run_cancels_it() {
    let stack = memory();
    let handle = endless().on(&stack).quiet().start().await.unwrap();
    let id = handle.id();
    drop(handle);
    let client = Client::of(stack);
    eventually_async("the status changes", || {
        client.run(id).is_ok_and(|run| run.status() == Status::Cancelled)
    })
    .await;
}

#[test]
fn a_run_without_a_runtime_is_an_error() {
    let stack = memory();
    let error = futures::executor::block_on(retried().on(&stack).quiet().run()).unwrap_err();
    assert!(matches!(error, RunError::Runtime(_)), "{error:?}");
}

#[step]
fn deep(levels: usize) -> usize {
    fn go(n: usize) -> usize {
        if n == 0 {
            0
        } else {
            std::hint::black_box(go(n - 1)) + 1
        }
    }
    go(levels)
}

#[pipeline]
fn recursive() -> Artifact<usize> {
    deep(20_000)
}

#[tokio::test]
async fn bodies_have_room_to_recurse() {
    assert_eq!(
        *recursive()
            .on(&memory())
            .quiet()
            .run()
            .await
            .unwrap()
            .output()
            .await
            .unwrap(),
        20_000
    );
}
