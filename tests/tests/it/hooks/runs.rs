//! Hooks of pipelines and of single runs.

use std::sync::Arc;

use zen_core::graph::{find_hook, rebuild_pipeline};
use zen_core::prelude::*;

use super::notes::{Notes, archive, component, failed, notify, noting, page, recorded};
use crate::support::eventually_async;

#[step(cache = false)]
fn check(value: u32) -> Result<u32> {
    match value {
        0 => Err("nothing".into()),
        value => Ok(value),
    }
}

#[pipeline(on_success = notify, on_failure(notify, page))]
fn checking(value: u32) -> Artifact<u32> {
    check(value)
}

#[tokio::test]
async fn those_of_the_attribute_come_first_then_the_values_then_the_launchs() {
    let (stack, notes) = noting();
    let pipeline = |value| {
        checking(value)
            .on_success(page)
            .on_failure(archive)
            .on(&stack)
            .on_success(archive)
            .on_failure(notify)
            .quiet()
    };
    let run = pipeline(1).run().await.unwrap();
    assert_eq!(
        notes.take(),
        [
            "notify: run completed",
            "page: run completed",
            "archive: run completed"
        ]
    );
    assert_eq!(
        recorded(&run),
        ["notify run success", "page run success", "archive run success"]
    );
    let error = pipeline(0).run().await.unwrap_err();
    let text = "run failed: step `check` failed: nothing";
    assert_eq!(
        notes.take(),
        ["notify", "page", "archive", "notify"].map(|hook| format!("{hook}: {text}"))
    );
    let run = failed(&stack, &error);
    assert_eq!(run.error(), Some("step `check` failed: nothing"));
    assert_eq!(run.hooks().unwrap().len(), 4);
    assert!(run.hooks().unwrap().iter().all(|hook| hook.event == "failure"));
}

async fn looks(event: HookEvent) -> Result<()> {
    let stack = event.component::<Stack>().ok_or("no stack")?;
    let run = Client::of((*stack).clone()).run(event.run_id().ok_or("no run")?)?;
    let notes = event.component::<Notes>().ok_or("no notes")?;
    notes.add(format!("{} {}", run.status(), run.ended().is_some()));
    Ok(())
}

#[tokio::test]
async fn the_runs_end_is_recorded_when_they_are_called() {
    let (stack, notes) = noting();
    checking(1)
        .on_success(looks)
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    assert_eq!(notes.take(), ["notify: run completed", "completed true"]);
    let error = checking(0).on(&stack).on_failure(looks).quiet().run().await;
    error.unwrap_err();
    assert_eq!(notes.take().last().unwrap(), "failed true");
}

async fn of_the_step(event: HookEvent) -> Result<()> {
    // Long after the step: the run's hook would overtake it if nobody waited.
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    notify(event).await
}

#[step(cache = false, on_success = of_the_step)]
fn hooked() -> u32 {
    1
}

#[pipeline(on_success = notify)]
fn both() -> Artifact<u32> {
    hooked()
}

#[tokio::test]
async fn those_of_steps_have_ended_before_those_of_the_run_begin() {
    let (stack, notes) = noting();
    both().on(&stack).quiet().run().await.unwrap();
    assert_eq!(
        notes.take(),
        ["notify: hooked completed", "notify: run completed"]
    );
}

#[tokio::test]
async fn a_pipeline_that_is_built_again_by_name_has_those_of_its_attribute() {
    let (stack, notes) = noting();
    let run = checking(3)
        .on_success(archive)
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    notes.take();
    let arguments = run.recorded_arguments().await.unwrap();
    let again = rebuild_pipeline(concat!(module_path!(), "::checking"), &arguments).unwrap();
    again.on(&stack).quiet().run().await.unwrap();
    assert_eq!(notes.take(), ["notify: run completed"]);
}

#[zen_core::hook]
async fn found_by_name(event: HookEvent) -> Result<()> {
    notify(event).await
}

#[tokio::test]
async fn closures_and_hooks_as_values_are_hooks_too() {
    let (stack, notes) = noting();
    let mine = Arc::new(Notes::default());
    let captured = Arc::clone(&mine);
    let closure = move |event: HookEvent| {
        let mine = Arc::clone(&captured);
        async move {
            mine.add(event.pipeline());
            Ok::<(), BoxError>(())
        }
    };
    let found = find_hook("found_by_name").unwrap();
    let pipeline = checking(1).on_success(closure.clone()).on_success(found);
    let run = pipeline
        .on(&stack)
        .quiet()
        .on_success(closure)
        .run()
        .await
        .unwrap();
    assert_eq!(mine.take(), ["checking", "checking"]);
    assert_eq!(notes.take(), ["notify: run completed", "notify: run completed"]);
    let names: Vec<_> = run.hooks().unwrap().into_iter().map(|hook| hook.hook).collect();
    assert_eq!(names[0], "it::hooks::notes::notify");
    assert_eq!(names[2], "it::hooks::runs::found_by_name");
    assert!(names[1].contains("closure"), "{}", names[1]);
}

/// Runs another pipeline, which has hooks too, on the same stack.
async fn runs_another(event: HookEvent) -> Result<()> {
    let stack = event.component::<Stack>().ok_or("no stack")?;
    let run = both().on(&stack).quiet().run().await?;
    let notes = event.component::<Notes>().ok_or("no notes")?;
    notes.add(format!("ran {} with {}", run.pipeline(), run.hooks()?.len()));
    Ok(())
}

#[step(cache = false, on_success = runs_another)]
fn leads() -> u32 {
    1
}

#[pipeline(on_success = runs_another)]
fn leading() -> Artifact<u32> {
    leads()
}

#[tokio::test]
async fn a_hook_may_run_a_pipeline() {
    let (stack, notes) = noting();
    let run = leading().on(&stack).quiet().run().await.unwrap();
    let one = [
        "notify: hooked completed",
        "notify: run completed",
        "ran both with 2",
    ];
    assert_eq!(notes.take(), [one, one].concat());
    assert_eq!(
        recorded(&run),
        ["runs_another leads success", "runs_another run success"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_at_once_keep_theirs_apart() {
    let (stack, notes) = noting();
    let runs = (0..12).map(|i| {
        let stack = stack.clone();
        tokio::spawn(async move {
            let result = checking(i % 3).on(&stack).quiet().run().await;
            result
                .map(|run| (*run).clone())
                .unwrap_or_else(|error| failed(&stack, &error))
        })
    });
    for run in runs.collect::<Vec<_>>() {
        let run = run.await.unwrap();
        match run.status() {
            Status::Completed => assert_eq!(recorded(&run), ["notify run success"]),
            _ => assert_eq!(recorded(&run), ["notify run failure", "page run failure"]),
        }
    }
    assert_eq!(notes.take().len(), 8 + 4 * 2);
}

#[tokio::test]
async fn a_run_that_nobody_waits_for_calls_none() {
    let notes = Arc::default();
    let stack = Stack::builder().component(component(&notes)).build().unwrap();
    let handle = both().on(&stack).quiet().start().await.unwrap();
    let run = handle.id();
    eventually_async("the step's hook was called", {
        let notes = Arc::clone(&notes);
        move || notes.has("notify: hooked completed")
    })
    .await;
    drop(handle);
    let client = Client::of(stack);
    eventually_async("the run ends", || {
        // Its only step may have ended before: then it has completed.
        let status = client.run(run).unwrap().status();
        matches!(status, Status::Cancelled | Status::Completed)
    })
    .await;
    assert_eq!(notes.take(), ["notify: hooked completed"]);
}
