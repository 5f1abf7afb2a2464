//! Hooks of runs that are cancelled.

use std::time::Duration;

use zen_core::prelude::*;

use super::notes::{Notes, failed, notify, noting, recorded};
use crate::support::eventually_async;

async fn hangs(event: HookEvent) -> Result<()> {
    let notes = event.component::<Notes>().ok_or("no notes")?;
    notes.add("hangs");
    std::future::pending().await
}

#[step(cache = false, on_success(hangs, notify))]
fn quick() -> u32 {
    1
}

#[step(cache = false, on_failure = notify)]
async fn endless(value: u32) -> u32 {
    std::future::pending::<()>().await;
    value
}

/// Ends when it is told to, with an error of its own.
#[step(cache = false, on_failure = notify)]
fn obedient(ctx: &StepContext, value: u32) -> Result<u32> {
    while !ctx.is_cancelled() {
        std::thread::yield_now();
    }
    Err(format!("told to stop at {value}").into())
}

#[pipeline(on_success = notify, on_failure = notify)]
fn stopped() -> Artifact<u32> {
    let quick = quick();
    obedient(quick);
    endless(quick)
}

#[tokio::test]
async fn those_under_way_are_given_up_and_no_other_is_called() {
    let (stack, notes) = noting();
    let launch = stopped().on(&stack).quiet().grace(Duration::from_millis(50));
    let handle = launch.start().await.unwrap();
    let id = handle.id();
    let client = Client::of(stack.clone());
    let under_way = || {
        let run = client.run(id).unwrap();
        let running = |step: &str| run.step(step).is_ok_and(|step| step.status() == Status::Running);
        running("endless") && running("obedient")
    };
    eventually_async("a hook and steps are under way", || {
        notes.has("hangs") && under_way()
    })
    .await;
    handle.cancel();
    let error = handle.wait().await.unwrap_err();
    let run = failed(&stack, &error);
    assert_eq!(run.status(), Status::Cancelled);
    assert_eq!(notes.take(), ["hangs"]);
    assert_eq!(
        recorded(&run),
        ["hangs quick success: it was given up, because the run was cancelled or interrupted"]
    );
}

async fn lasts(event: HookEvent) -> Result<()> {
    let notes = event.component::<Notes>().ok_or("no notes")?;
    notes.add("begins");
    eventually_async("the run was cancelled", || notes.has("cancelled")).await;
    notes.add("ends");
    Ok(())
}

#[step(cache = false, on_success = lasts)]
fn noted() -> u32 {
    1
}

#[pipeline]
fn lasting() -> Artifact<u32> {
    endless(noted())
}

#[tokio::test]
async fn those_under_way_have_time_to_end() {
    let (stack, notes) = noting();
    let handle = lasting().on(&stack).quiet().start().await.unwrap();
    eventually_async("the hook is under way", || notes.has("begins")).await;
    handle.cancel();
    notes.add("cancelled");
    let error = handle.wait().await.unwrap_err();
    assert_eq!(notes.take(), ["begins", "cancelled", "ends"]);
    assert_eq!(recorded(&failed(&stack, &error)), ["lasts noted success"]);
}

#[step(cache = false, on_failure = notify)]
fn fails() -> Result<u32> {
    Err("at once".into())
}

#[pipeline(on_failure = notify)]
fn fail_fast() -> (Artifact<u32>, Artifact<u32>) {
    (fails(), endless(1))
}

#[tokio::test]
async fn a_failure_that_stops_the_rest_is_no_cancellation() {
    let (stack, notes) = noting();
    let launch = fail_fast().on(&stack).quiet().failure(FailurePolicy::FailFast);
    let error = launch.run().await.unwrap_err();
    let run = failed(&stack, &error);
    // What was stopped has not failed: nobody is called for it.
    assert_ne!(run.step("endless").unwrap().status(), Status::Failed);
    assert_eq!(
        notes.take(),
        [
            "notify: fails failed: at once",
            "notify: run failed: step `fails` failed: at once"
        ]
    );
}
