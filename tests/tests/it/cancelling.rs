//! Runs that are cancelled from another process.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use zen_core::client::CancelOutcome;
use zen_core::metadata::SqliteMetadata;
use zen_core::prelude::*;
use zen_core::runner::RunError;
use zen_core::testing::{FaultyMetadata, MetadataFault};

use crate::support::{eventually, eventually_async, files, memory};

/// Kills and reaps its process, also when the test panics.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[step(cache = false)]
async fn stay() -> u8 {
    std::future::pending().await
}

#[step]
fn follow(x: u8) -> u8 {
    x
}

#[pipeline]
fn cancelled_staying() -> Artifact<u8> {
    follow(stay())
}

fn hanging(home: &Path, folder: &Path) -> Guard {
    let child = Command::new(env!("CARGO_BIN_EXE_isolated"))
        .args(["ending", "hang", &folder.display().to_string()])
        .env("ZEN_HOME", home)
        .env("ZEN_PROGRESS", "off")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let child = Guard(child.unwrap());
    eventually("the step hangs", || folder.join("children").exists());
    child
}

#[tokio::test]
async fn a_run_of_another_process_is_cancelled() {
    let (folder, stack) = files();
    let mut child = hanging(&folder.path().join(".zen"), folder.path());
    let client = Client::of(stack);
    let run = client.last_run("ending").unwrap();
    assert_eq!(
        client.cancel_run(run.id(), "tester").await.unwrap(),
        CancelOutcome::Requested
    );
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.0.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(child.0.wait().unwrap().code(), Some(1), "{said}");
    assert!(said.contains("cancelled on request by tester"), "{said}");
    let run = client.run(run.id()).unwrap();
    assert_eq!(run.status(), Status::Cancelled);
    assert_eq!(run.error(), Some("cancelled on request by tester"));
    assert_eq!(run.step("end").unwrap().status(), Status::Cancelled);
    assert!(!run.record().died);
    // Once is enough, and too late is too late.
    let again = run.cancel("another").await.unwrap();
    assert_eq!(again, CancelOutcome::Ended(Status::Cancelled));
}

#[tokio::test]
async fn a_run_whose_process_is_dead_has_died() {
    let (folder, stack) = files();
    let mut child = hanging(&folder.path().join(".zen"), folder.path());
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    let client = Client::of(stack);
    let run = client.last_run("ending").unwrap();
    assert_eq!(run.status(), Status::Running);
    assert_eq!(run.cancel("tester").await.unwrap(), CancelOutcome::Died);
    let run = client.run(run.id()).unwrap();
    assert!(run.record().died && run.status() == Status::Failed);
}

#[tokio::test]
async fn a_run_of_this_process_is_cancelled() {
    let stack = memory();
    let client = Client::of(stack.clone());
    let handle = cancelled_staying().on(&stack).quiet().start().await.unwrap();
    let run = client.run(handle.id()).unwrap();
    assert_eq!(run.cancel("me").await.unwrap(), CancelOutcome::Requested);
    assert_eq!(run.cancel("another").await.unwrap(), CancelOutcome::Requested);
    let error = handle.wait().await.unwrap_err();
    assert!(
        matches!(&error, RunError::Cancelled { reason, .. } if reason == "cancelled on request by me"),
        "{error}"
    );
    let run = client.run(run.id()).unwrap();
    assert_eq!(run.step("follow").unwrap().status(), Status::Cancelled);
    // It can be continued like any other.
    let resumed = cancelled_staying()
        .on(&stack)
        .quiet()
        .resume(run.id())
        .start()
        .await
        .unwrap();
    resumed.cancel();
    assert!(resumed.wait().await.is_err());
}

#[tokio::test]
async fn a_store_that_cannot_be_read_for_a_while_hides_no_request() {
    let faulty = Arc::new(FaultyMetadata::new(Arc::new(
        SqliteMetadata::in_memory().unwrap(),
    )));
    let stack = Stack::builder()
        .metadata(Arc::clone(&faulty) as _)
        .build()
        .unwrap();
    let handle = cancelled_staying().on(&stack).quiet().start().await.unwrap();
    let client = Client::of(stack.clone());
    client.cancel_run(handle.id(), "me").await.unwrap();
    faulty.set(MetadataFault::FailRead(1));
    // The run's own look, since nobody else asks.
    eventually_async("the store was asked", || faulty.reads() > 0).await;
    assert!(matches!(handle.wait().await, Err(RunError::Cancelled { .. })));
}

#[step]
fn at_once() -> u8 {
    1
}

#[pipeline]
fn cancelled_at_once() -> Artifact<u8> {
    at_once()
}

#[tokio::test]
async fn what_has_ended_is_not_cancelled() {
    let stack = memory();
    let client = Client::of(stack.clone());
    let run = cancelled_at_once().on(&stack).quiet().run().await.unwrap();
    assert_eq!(
        run.cancel("late").await.unwrap(),
        CancelOutcome::Ended(Status::Completed)
    );
    assert_eq!(client.run(run.id()).unwrap().status(), Status::Completed);
    assert!(client.cancel_run(uuid::Uuid::nil(), "me").await.is_err());
}
