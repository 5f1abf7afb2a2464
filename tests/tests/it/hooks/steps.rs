//! Hooks of steps: when they are called, how often, and in which order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use zen_core::graph::Component;
use zen_core::prelude::*;

use super::notes::{archive, component, failed, notify, noting, page, recorded};
use crate::support::{count, eventually_async};

#[step(cache = false, on_success(notify, page), on_failure = notify)]
fn steady(value: u32) -> u32 {
    value
}

#[step(on_success = notify, on_failure(notify, super::notes::page))]
fn broken(value: u32) -> Result<u32> {
    Err(format!("no use for {value}").into())
}

#[step(on_success = notify, on_failure = notify)]
fn end(value: u32) -> u32 {
    value
}

#[pipeline]
fn fine() -> Artifact<u32> {
    steady(1)
        .on_success(archive)
        .on_failure(archive)
        .on_success(notify)
}

#[pipeline]
fn failing() -> Artifact<u32> {
    end(broken(7).on_failure(archive))
}

#[tokio::test]
async fn those_of_the_attribute_come_first_then_those_of_the_call_in_order() {
    let (stack, notes) = noting();
    let run = fine().on(&stack).quiet().run().await.unwrap();
    let expected = ["notify", "page", "archive", "notify"];
    assert_eq!(
        notes.take(),
        expected.map(|hook| format!("{hook}: steady completed"))
    );
    assert_eq!(
        recorded(&run),
        expected.map(|hook| format!("{hook} steady success"))
    );
    assert_eq!(run.step("steady").unwrap().hooks().unwrap(), run.hooks().unwrap());
}

#[tokio::test]
async fn after_failure_those_for_failure_are_called_and_those_of_skipped_steps_are_not() {
    let (stack, notes) = noting();
    let error = failing().on(&stack).quiet().run().await.unwrap_err();
    let run = failed(&stack, &error);
    let expected = ["notify", "page", "archive"];
    assert_eq!(
        notes.take(),
        expected.map(|hook| format!("{hook}: broken failed: no use for 7"))
    );
    assert_eq!(
        recorded(&run),
        expected.map(|hook| format!("{hook} broken failure"))
    );
    let skipped = run.step("end").unwrap();
    assert_eq!(skipped.status(), Status::Skipped);
    assert!(skipped.hooks().unwrap().is_empty());
}

async fn attempts(event: HookEvent) -> Result<()> {
    let notes = event.component::<super::notes::Notes>().ok_or("no notes")?;
    notes.add(format!(
        "{} after {}",
        event.outcome(),
        event.attempt().ok_or("no attempt")?
    ));
    Ok(())
}

#[step(cache = false, on_success = attempts, on_failure = attempts)]
fn unsteady(ctx: &StepContext, failures: usize) -> Result<u32> {
    match count(ctx) < failures {
        true => Err("not yet".into()),
        false => Ok(1),
    }
}

#[pipeline]
fn retried(failures: usize) -> Artifact<u32> {
    let retry = Retry {
        delay: Duration::from_millis(1),
        ..Retry::from(2)
    };
    unsteady(failures).retry(retry)
}

#[tokio::test]
async fn a_step_that_is_tried_again_calls_them_once_after_its_last_attempt() {
    for (failures, expected) in [(2, "completed after 3"), (3, "failed: not yet after 3")] {
        let (calls, notes) = (Arc::default(), Arc::default());
        let counter: Arc<crate::support::Calls> = Arc::clone(&calls);
        let stack = Stack::builder()
            .component(Component::new("test", "calls", "counter", counter))
            .component(component(&notes))
            .build()
            .unwrap();
        let result = retried(failures).on(&stack).quiet().run().await;
        assert_eq!((calls.get(), result.is_ok()), (3, failures == 2));
        assert_eq!(notes.take(), [expected]);
    }
}

#[step(cache = false, on_failure = notify)]
fn endless() -> Result<u32> {
    std::thread::park_timeout(Duration::from_secs(60));
    Ok(1)
}

#[pipeline]
fn too_slow() -> Artifact<u32> {
    endless().timeout(Duration::from_millis(20))
}

#[tokio::test]
async fn a_timeout_is_a_failure() {
    let (stack, notes) = noting();
    too_slow().on(&stack).quiet().run().await.unwrap_err();
    assert_eq!(
        notes.take(),
        ["notify: endless failed: it took longer than its timeout of 20ms"]
    );
}

#[step(on_success = notify)]
fn first() -> u32 {
    1
}

#[step(cache = false, on_success = notify, on_failure = notify)]
fn second(ctx: &StepContext, value: u32) -> Result<u32> {
    match count(ctx) {
        0 => Err("the first time".into()),
        _ => Ok(value),
    }
}

#[pipeline]
fn chain() -> Artifact<u32> {
    second(first())
}

#[tokio::test]
async fn outputs_from_the_cache_or_of_the_run_being_resumed_call_none() {
    let (calls, notes) = (Arc::<crate::support::Calls>::default(), Arc::default());
    let stack = Stack::builder()
        .component(Component::new("test", "calls", "counter", calls))
        .component(component(&notes))
        .build()
        .unwrap();
    chain().on(&stack).quiet().run().await.unwrap_err();
    let mut noted = notes.take();
    noted.sort();
    assert_eq!(
        noted,
        ["notify: first completed", "notify: second failed: the first time"]
    );
    let run = chain().on(&stack).quiet().resume_last().run().await.unwrap();
    assert_eq!(notes.take(), ["notify: second completed"]);
    assert_eq!(recorded(&run), ["notify second success"]);
    let run = chain().on(&stack).quiet().run().await.unwrap();
    assert_eq!(run.step("first").unwrap().status(), Status::Cached);
    assert_eq!(notes.take(), ["notify: second completed"]);
}

#[step]
fn numbers(count: u32) -> Vec<u32> {
    (0..count).collect()
}

#[step(cache = false, on_success = notify, on_failure = page)]
fn odd(value: u32) -> Result<u32> {
    match value % 2 {
        0 => Err("even".into()),
        _ => Ok(value),
    }
}

#[pipeline]
fn elements() -> Artifact<Vec<u32>> {
    numbers(4).each(|value| odd(value)).on_failure(archive)
}

#[tokio::test]
async fn every_element_of_a_fan_out_calls_its_own() {
    let (stack, notes) = noting();
    elements().on(&stack).quiet().run().await.unwrap_err();
    let mut noted = notes.take();
    noted.sort();
    assert_eq!(
        noted,
        [
            "notify: odd[1] completed",
            "notify: odd[3] completed",
            "page: odd[0] failed: even",
            "page: odd[2] failed: even"
        ]
    );
}

#[pipeline]
fn collected() -> Artifact<Vec<u32>> {
    numbers(2).each(|value| end(value)).on_success(archive)
}

#[tokio::test]
async fn the_step_that_collects_the_elements_has_its_own() {
    let (stack, notes) = noting();
    collected().on(&stack).quiet().run().await.unwrap();
    let noted = notes.take();
    assert_eq!(noted.len(), 3, "{noted:?}");
    assert!(
        noted.contains(&"archive: end.each completed".to_owned()),
        "{noted:?}"
    );
    collected().on(&stack).quiet().run().await.unwrap();
    assert!(notes.take().is_empty());
}

#[derive(Debug, Default)]
struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
    called: AtomicUsize,
}

async fn at_once(event: HookEvent) -> Result<()> {
    let seen = event.component::<AtOnce>().ok_or("nobody counts")?;
    let now = seen.now.fetch_add(1, Ordering::SeqCst) + 1;
    seen.most.fetch_max(now, Ordering::SeqCst);
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    seen.now.fetch_sub(1, Ordering::SeqCst);
    seen.called.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

#[step(on_success = at_once)]
fn same(value: u32) -> u32 {
    value
}

#[pipeline]
fn many() -> Artifact<Vec<u32>> {
    numbers(300).each(|value| same(value))
}

#[tokio::test]
async fn a_fan_out_of_many_elements_calls_all_of_them_but_not_all_at_once() {
    let seen = Arc::new(AtOnce::default());
    let component = Component::new("test", "seen", "seen", Arc::clone(&seen));
    let stack = Stack::builder().component(component).build().unwrap();
    let run = many().on(&stack).quiet().run().await.unwrap();
    assert_eq!(seen.called.load(Ordering::SeqCst), 300);
    assert!(seen.most.load(Ordering::SeqCst) <= 64);
    assert_eq!(run.hooks().unwrap().len(), 300);
}

#[derive(Debug, Default)]
struct Gate(std::sync::atomic::AtomicBool);

async fn waits_for_the_next_step(event: HookEvent) -> Result<()> {
    let gate = event.component::<Gate>().ok_or("no gate")?;
    eventually_async("the next step is executed", move || gate.0.load(Ordering::SeqCst)).await;
    let notes = event.component::<super::notes::Notes>().ok_or("no notes")?;
    notes.add("after the next step");
    Ok(())
}

#[step(on_success = waits_for_the_next_step)]
fn before() -> u32 {
    1
}

#[step]
fn opens(ctx: &StepContext, value: u32) -> Result<u32> {
    ctx.component::<Gate>()
        .ok_or("no gate")?
        .0
        .store(true, Ordering::SeqCst);
    Ok(value)
}

#[pipeline]
fn gated() -> Artifact<u32> {
    opens(before())
}

#[tokio::test]
async fn what_depends_on_the_step_does_not_wait_but_the_end_of_the_run_does() {
    let notes = Arc::default();
    let stack = Stack::builder()
        .component(Component::new("test", "gate", "gate", Arc::new(Gate::default())))
        .component(component(&notes))
        .build()
        .unwrap();
    gated().on(&stack).quiet().parallel(1).run().await.unwrap();
    assert_eq!(notes.take(), ["after the next step"]);
}

#[pipeline]
fn stored() -> Artifact<u32> {
    let number = latest::<u32>("numbers").on_failure(notify);
    end(number)
}

#[test]
fn what_is_no_step_has_none() {
    let error = stored().graph().unwrap_err().to_string();
    assert!(
        error.contains("hook") && error.contains("it is no step"),
        "{error}"
    );
}
