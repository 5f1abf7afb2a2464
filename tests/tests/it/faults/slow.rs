//! A slow store: what it does to timeouts, and to steps that don't need it.

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use zen_core::artifact::ArtifactStore;
use zen_core::prelude::*;
use zen_core::testing::{Fault, FaultyStore, Harm, Operation};

use crate::support::eventually_async;

/// Longer than the steps may take.
const SLOW: Duration = Duration::from_secs(2);

#[step(timeout = "1s")]
fn make() -> Vec<u64> {
    (0..1000).collect()
}

#[step(timeout = "1s")]
fn read(values: &[u64]) -> u64 {
    values.iter().sum()
}

#[step]
fn unrelated(x: u64) -> u64 {
    x
}

#[pipeline]
fn slowly() -> Artifact<u64> {
    let made = make();
    let sum = read(made);
    unrelated(7);
    sum
}

fn stack() -> (Stack, FaultyStore) {
    let objects = FaultyStore::new(Arc::new(InMemory::new()));
    let store = ArtifactStore::over("faulty://bucket", Arc::new(objects.clone())).with_inline_limit(16);
    (Stack::builder().artifacts(store).build().unwrap(), objects)
}

#[tokio::test]
async fn a_timeout_is_the_bodys_and_not_the_stores() {
    let (stack, objects) = stack();
    objects.set(Fault::From(Operation::Any, 1, Harm::Slow(SLOW)));
    let run = slowly().on(&stack).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 499_500);
    // From the store, which takes its time too.
    let again = slowly().on(&stack).quiet().run().await.unwrap();
    assert_eq!(*again.output().await.unwrap(), 499_500);
    zen_core::testing::assert_cached(&again, &["make", "read"]);
}

#[tokio::test]
async fn a_slow_upload_keeps_no_other_step_from_being_recorded() {
    let (stack, objects) = stack();
    objects.set(Fault::From(Operation::Put, 1, Harm::Slow(SLOW)));
    let handle = slowly().on(&stack).quiet().start().await.unwrap();
    let (client, id) = (Client::of(stack), handle.id());
    let status = move |step: &str| {
        let step = client.run(id).and_then(|run| run.step(step));
        step.map(|step| step.status()).ok()
    };
    let mut overtaken = false;
    eventually_async("the other step is recorded", || {
        let (unrelated, made) = (status("unrelated"), status("make"));
        overtaken = unrelated == Some(Status::Completed) && made != Some(Status::Completed);
        unrelated == Some(Status::Completed)
    })
    .await;
    // What reads the object that is on its way is not recorded before it.
    assert_ne!(status("read"), Some(Status::Completed));
    let run = handle.wait().await.unwrap();
    assert!(overtaken, "it waited for the upload");
    zen_core::testing::assert_executed(&run, &["make", "read", "unrelated"]);
}
