//! Hooks that fail, panic, hang, block, or can't be recorded change nothing but their own record.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use object_store::memory::InMemory;
use zen_core::artifact::ArtifactStore;
use zen_core::graph::Component;
use zen_core::metadata::{MetadataStore, SqliteMetadata};
use zen_core::prelude::*;
use zen_core::runner::{Observer, RunEvent};
use zen_core::testing::{Fault, FaultyMetadata, FaultyStore, Harm, MetadataFault, Operation};

use super::notes::{Notes, component, failed, notify, noting, recorded};

async fn fails(_: HookEvent) -> Result<()> {
    let cause = std::io::Error::other("connection refused");
    Err(Box::new(Unsent(cause)))
}

#[derive(Debug, thiserror::Error)]
#[error("the message wasn't sent")]
struct Unsent(#[source] std::io::Error);

async fn panics(event: HookEvent) -> Result<()> {
    panic!("no pager for {}", event.pipeline());
}

fn panics_at_once(_: HookEvent) -> std::future::Ready<Result<()>> {
    panic!("before there is a future");
}

async fn hangs(_: HookEvent) -> Result<()> {
    std::future::pending().await
}

#[step(cache = false, on_success(fails, panics, panics_at_once, hangs, notify))]
fn one() -> u32 {
    1
}

#[step(cache = false, on_failure(fails, panics, hangs, notify))]
fn none() -> Result<u32> {
    Err("nothing".into())
}

#[step]
fn two(value: u32) -> u32 {
    value + 1
}

#[pipeline(on_success(fails, panics, panics_at_once, hangs, notify))]
fn well() -> Artifact<u32> {
    two(one())
}

#[pipeline(on_failure(fails, panics, hangs, notify))]
fn badly() -> Artifact<u32> {
    two(none())
}

#[derive(Debug, Default)]
struct Warnings(Mutex<Vec<String>>);

impl Observer for Warnings {
    fn event(&self, event: &RunEvent) {
        let mut lines = self.0.lock().unwrap();
        match event {
            RunEvent::Warning { message, .. } => lines.push(message.clone()),
            RunEvent::RunEnded { status, .. } => lines.push(format!("ended: {status}")),
            _ => {}
        }
    }
}

const BRIEFLY: Duration = Duration::from_millis(50);

#[tokio::test]
async fn errors_panics_and_hangs_are_recorded_and_said_and_change_nothing() {
    let (stack, notes) = noting();
    let warnings = Arc::new(Warnings::default());
    let run = well()
        .on(&stack)
        .observer(Arc::clone(&warnings) as Arc<dyn Observer>)
        .hook_timeout(BRIEFLY);
    let run = run.run().await.unwrap();
    assert_eq!(
        (run.status(), run.error(), *run.output().await.unwrap()),
        (Status::Completed, None, 2)
    );
    assert_eq!(run.step("one").unwrap().status(), Status::Completed);
    assert_eq!(notes.take(), ["notify: one completed", "notify: run completed"]);
    let recorded = recorded(&run);
    for (i, subject) in ["one", "run"].into_iter().enumerate() {
        let [failed, panicked, early, hung, fine] = &recorded[5 * i..5 * i + 5] else {
            panic!("{recorded:?}");
        };
        assert_eq!(
            failed,
            &format!("fails {subject} success: the message wasn't sent: connection refused")
        );
        let place = "tests/tests/it/hooks/faults.rs:";
        assert!(
            panicked.starts_with(&format!("panics {subject} success: panicked at {place}")),
            "{panicked}"
        );
        assert!(panicked.ends_with(": no pager for well"), "{panicked}");
        assert!(early.ends_with(": before there is a future"), "{early}");
        assert_eq!(
            hung,
            &format!("hangs {subject} success: it took longer than 50ms and was given up")
        );
        assert_eq!(fine, &format!("notify {subject} success"));
    }
    let said = warnings.0.lock().unwrap().clone();
    assert_eq!(said.len(), 4 + 4 + 1, "{said:#?}");
    assert_eq!(
        said[0],
        "hook `it::hooks::faults::fails`, called after step `one`, failed, which changes nothing else: \
         the message wasn't sent: connection refused"
    );
    assert!(
        said[4].starts_with("hook `it::hooks::faults::fails`, called after pipeline `well`"),
        "{said:#?}"
    );
    // A display of the run is still there to show them.
    assert_eq!(said[8], "ended: completed");
}

#[tokio::test]
async fn a_run_that_fails_fails_as_it_does_without_them() {
    let (stack, notes) = noting();
    let launch = badly().on(&stack).quiet().hook_timeout(BRIEFLY);
    let error = launch.run().await.unwrap_err();
    let run = failed(&stack, &error);
    assert!(
        error.to_string().contains("step `none` failed: nothing"),
        "{error}"
    );
    assert_eq!(
        (run.status(), run.error()),
        (Status::Failed, Some("step `none` failed: nothing"))
    );
    assert_eq!(run.step("none").unwrap().error(), Some("nothing"));
    assert_eq!(
        notes.take(),
        [
            "notify: none failed: nothing",
            "notify: run failed: step `none` failed: nothing"
        ]
    );
    assert_eq!(recorded(&run).len(), 8);
}

#[derive(Debug)]
struct Blocked(Mutex<mpsc::Receiver<()>>);

/// As a client that isn't asynchronous would.
async fn blocks(event: HookEvent) -> Result<()> {
    let blocked = event.component::<Blocked>().ok_or("nothing to wait for")?;
    let _ = blocked.0.lock().unwrap().recv();
    Ok(())
}

#[step(cache = false, on_success(blocks, notify))]
fn start() -> u32 {
    1
}

#[step(cache = false)]
async fn go_on(value: u32) -> u32 {
    tokio::time::sleep(Duration::from_millis(1)).await;
    value + 1
}

#[pipeline(on_success = blocks)]
fn blocked() -> Artifact<u32> {
    go_on(go_on(start()))
}

/// On one thread, which would be the runtime's only one.
#[tokio::test(flavor = "current_thread")]
async fn a_hook_that_blocks_its_thread_is_given_up_like_any_other_and_steps_go_on() {
    let notes = Arc::default();
    let (release, receiver) = mpsc::channel::<()>();
    let waits = Arc::new(Blocked(Mutex::new(receiver)));
    let stack = Stack::builder()
        .component(Component::new("test", "blocked", "blocked", waits))
        .component(component(&notes))
        .build()
        .unwrap();
    let run = blocked()
        .on(&stack)
        .quiet()
        .hook_timeout(BRIEFLY)
        .run()
        .await
        .unwrap();
    assert_eq!(*run.output().await.unwrap(), 3);
    assert_eq!(notes.take(), ["notify: start completed"]);
    assert_eq!(
        recorded(&run),
        [
            "blocks start success: it took longer than 50ms and was given up",
            "notify start success",
            "blocks run success: it took longer than 50ms and was given up"
        ]
    );
    drop(release);
}

/// From when it is called, the metadata store refuses what is written next: its record.
async fn spoils_its_record(event: HookEvent) -> Result<()> {
    let metadata = event.component::<FaultyMetadata>().ok_or("no metadata")?;
    // The run itself has written all it had to: its hooks come last.
    metadata.set(MetadataFault::FailApply(1));
    Ok(())
}

#[step(cache = false)]
fn plain() -> u32 {
    1
}

#[pipeline(on_success(spoils_its_record, notify))]
fn unrecorded() -> Artifact<u32> {
    plain()
}

#[tokio::test]
async fn one_that_can_not_be_recorded_is_only_said() {
    let faulty = Arc::new(FaultyMetadata::new(Arc::new(
        SqliteMetadata::in_memory().unwrap(),
    )));
    let notes = Arc::<Notes>::default();
    let stack = Stack::builder()
        .metadata(Arc::clone(&faulty) as Arc<dyn MetadataStore>)
        .component(Component::new("test", "faulty", "faulty", Arc::clone(&faulty)))
        .component(component(&notes))
        .build()
        .unwrap();
    let warnings = Arc::new(Warnings::default());
    let run = unrecorded()
        .on(&stack)
        .observer(Arc::clone(&warnings) as Arc<dyn Observer>);
    let run = run.run().await.unwrap();
    assert_eq!(run.status(), Status::Completed);
    assert_eq!(recorded(&run), ["notify run success"]);
    assert_eq!(notes.take(), ["notify: run completed"]);
    let said = warnings.0.lock().unwrap().clone();
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(
        said[0].contains(
            "spoils_its_record` was called after pipeline `unrecorded`, but this could not be recorded"
        ) && said[0].contains("told to fail"),
        "{said:#?}"
    );
}

#[step(cache = false, on_success = super::notes::page, on_failure = notify)]
fn bulky() -> Vec<u64> {
    (0..50_000).collect()
}

#[pipeline(on_success = super::notes::page, on_failure = notify)]
fn unstored() -> Artifact<Vec<u64>> {
    bulky()
}

#[tokio::test]
async fn a_step_whose_outputs_can_not_be_stored_has_failed() {
    let objects = FaultyStore::new(Arc::new(InMemory::new()));
    let notes = Arc::<Notes>::default();
    let artifacts = ArtifactStore::over("faulty://bucket", Arc::new(objects.clone()));
    let stack = Stack::builder()
        .artifacts(artifacts)
        .component(component(&notes))
        .build()
        .unwrap();
    objects.set(Fault::From(Operation::Put, 1, Harm::Error));
    let error = unstored().on(&stack).quiet().run().await.unwrap_err();
    let run = failed(&stack, &error);
    assert_eq!(run.step("bulky").unwrap().status(), Status::Failed);
    let noted = notes.take();
    assert_eq!(noted.len(), 2, "{noted:?}");
    assert!(
        noted[0].starts_with("notify: bulky failed: its outputs could not be stored"),
        "{noted:?}"
    );
    assert!(
        noted[1].starts_with("notify: run failed: step `bulky` failed"),
        "{noted:?}"
    );
    assert_eq!(recorded(&run), ["notify bulky failure", "notify run failure"]);
}

#[tokio::test]
async fn with_a_broken_metadata_store_a_step_has_failed_too() {
    let faulty = Arc::new(FaultyMetadata::new(Arc::new(
        SqliteMetadata::in_memory().unwrap(),
    )));
    let notes = Arc::<Notes>::default();
    let stack = Stack::builder()
        .metadata(Arc::clone(&faulty) as Arc<dyn MetadataStore>)
        .component(Component::new("test", "faulty", "faulty", Arc::clone(&faulty)))
        .component(component(&notes))
        .build()
        .unwrap();
    let error = breaking().on(&stack).quiet().run().await.unwrap_err();
    assert!(matches!(error, RunError::NotRecorded { .. }), "{error}");
    let noted = notes.take();
    assert_eq!(noted.len(), 2, "{noted:?}");
    assert!(
        noted[0].starts_with("notify: breaks failed: it could not be recorded"),
        "{noted:?}"
    );
    assert!(noted[1].starts_with("notify: run failed"), "{noted:?}");
}

#[step(cache = false, on_success = super::notes::page, on_failure = notify)]
fn breaks(ctx: &StepContext) -> Result<u32> {
    let faulty = ctx.component::<FaultyMetadata>().ok_or("no metadata")?;
    faulty.set(MetadataFault::FailAppliesFrom(1));
    Ok(1)
}

#[pipeline(on_success = super::notes::page, on_failure = notify)]
fn breaking() -> Artifact<u32> {
    breaks()
}
