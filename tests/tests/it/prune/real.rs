//! Real runs, pruned.

use std::time::Duration;

use zen_core::artifact::Digest;
use zen_core::metadata::{Change, KeepObject, KeepReason, RunFilter, Status as RunStatus, StoredObject};
use zen_core::prelude::*;
use zen_core::stack::{Liveness, ManualClock};
use zen_core::upkeep::{PrunePolicy, PruneReport, VerifyOptions};

use crate::support::{eventually_async, files, memory};

#[step]
fn large(seed: u64) -> Vec<u64> {
    (0..20_000).map(|i| i * seed).collect()
}

#[step]
fn total(ctx: &StepContext, values: &[u64], fail: bool) -> Result<u64> {
    ctx.log("adding");
    ctx.log_metric("length", values.len() as f64)?;
    match fail {
        true => Err("told to fail".into()),
        false => Ok(values.iter().sum()),
    }
}

#[pipeline]
fn adding(seed: u64, fail: bool) -> Artifact<u64> {
    total(large(seed), fail)
}

async fn add(stack: &Stack, seed: u64) -> uuid::Uuid {
    adding(seed, false).on(stack).quiet().run().await.unwrap().id()
}

fn kept(report: &PruneReport, reason: KeepReason) -> u64 {
    report
        .kept
        .iter()
        .find(|kept| kept.reason == reason)
        .map_or(0, |kept| kept.count)
}

async fn sound(client: &Client) {
    let report = client.verify(VerifyOptions::all(), |_| ()).await.unwrap();
    assert!(report.is_sound() && report.unreferenced.is_empty(), "{report}");
}

#[tokio::test]
async fn the_last_runs_stay_with_all_they_adopted() {
    let (_folder, stack) = files();
    let client = Client::of(stack.clone());
    let first = add(&stack, 1).await;
    for seed in 2..7 {
        add(&stack, seed).await;
    }
    let adopting = add(&stack, 1).await;
    let policy = PrunePolicy::keep_last(1);
    let would = client.prune(&policy, true).await.unwrap();
    assert_eq!(
        (would.planned.runs, would.planned.steps, would.planned.artifacts),
        (5, 10, 8),
        "the newest versions stay"
    );
    assert_eq!(would.removed, Default::default());
    assert_eq!(kept(&would, KeepReason::Adopted), 1);
    assert_eq!(client.runs(&RunFilter::default()).unwrap().len(), 7);
    let did = client.prune(&policy, false).await.unwrap();
    assert_eq!(
        (did.planned, did.removed),
        (would.planned, would.planned),
        "{did}"
    );
    assert!(did.removed.bytes > 4 * 20_000, "{did}");
    assert!(
        did.to_string().starts_with("removed: 5 runs with 10 steps"),
        "{did}"
    );
    let runs: Vec<_> = client
        .runs(&RunFilter::default())
        .unwrap()
        .iter()
        .map(|run| run.id())
        .collect();
    assert_eq!(runs, [adopting, first]);
    let step = client.run(adopting).unwrap().step("total").unwrap();
    assert_eq!(step.metric("length").unwrap(), Some(20_000.0));
    assert_eq!(
        step.load::<u64>("output").await.unwrap(),
        (0..20_000).sum::<u64>()
    );
    assert_eq!(client.pipelines().unwrap()[0].runs, 2);
    sound(&client).await;
    // What is gone is made again, under the next number.
    add(&stack, 3).await;
    let newest = client.artifact("adding.large", None).unwrap();
    assert_eq!(newest.version(), 7);
    assert!(client.artifact("adding.large", Some(3)).is_err());
}

#[tokio::test]
async fn age_counts_from_the_end_and_only_the_named_pipeline_is_pruned() {
    let clock = ManualClock::new(chrono::Utc::now());
    let clock = std::sync::Arc::new(clock);
    let stack = Stack::builder().clock(clock.clone()).build().unwrap();
    let client = Client::of(stack.clone());
    add(&stack, 1).await;
    add(&stack, 2).await;
    clock.advance(chrono::TimeDelta::seconds(3600));
    add(&stack, 3).await;
    add(&stack, 4).await;
    let planned = async |policy: PrunePolicy| client.prune(&policy, true).await.unwrap();
    let half_an_hour = Duration::from_secs(1800);
    assert_eq!(planned(PrunePolicy::age(half_an_hour)).await.planned.runs, 2);
    assert_eq!(
        planned(PrunePolicy::keep_last(3).older_than(half_an_hour))
            .await
            .planned
            .runs,
        1
    );
    assert_eq!(planned(PrunePolicy::age(Duration::MAX)).await.planned.runs, 0);
    assert_eq!(planned(PrunePolicy::keep_last(0)).await.planned.runs, 3);
    let other = planned(PrunePolicy::keep_last(0).pipeline("other")).await;
    assert_eq!(
        (other.planned.runs, kept(&other, KeepReason::OtherPipeline)),
        (0, 3)
    );
    let this = planned(PrunePolicy::keep_last(0).pipeline("adding")).await;
    assert_eq!(this.planned.runs, 3);
}

#[tokio::test]
async fn a_failed_run_can_be_resumed_after_a_prune() {
    let stack = memory();
    let client = Client::of(stack.clone());
    add(&stack, 1).await;
    let failed = adding(2, true)
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap_err()
        .run()
        .unwrap();
    let policy = PrunePolicy::keep_last(0);
    client.prune(&policy, false).await.unwrap();
    let runs = client.runs(&RunFilter::default()).unwrap();
    assert_eq!(runs.iter().map(|run| run.id()).collect::<Vec<_>>(), [failed]);
    let error = adding(2, true)
        .on(&stack)
        .resume_last()
        .quiet()
        .run()
        .await
        .unwrap_err();
    let resumed = client.run(error.run().unwrap()).unwrap();
    assert_eq!(resumed.step("large").unwrap().status(), Status::Cached);
    assert_eq!(resumed.record().resumed_from, Some(failed));
    client.prune(&policy, false).await.unwrap();
    assert_eq!(
        client.runs(&RunFilter::default()).unwrap().len(),
        2,
        "a run that stays continues it"
    );
}

#[step(cache = false)]
fn waiting(ctx: &StepContext, values: &[u64]) -> Result<u64> {
    let gate = ctx.component::<Gate>().ok_or("no gate")?;
    gate.entered.store(true, std::sync::atomic::Ordering::SeqCst);
    let _open = gate.lock.lock().map_err(|_| "poisoned")?;
    Ok(values.len() as u64)
}

#[derive(Debug, Default)]
struct Gate {
    entered: std::sync::atomic::AtomicBool,
    lock: std::sync::Mutex<()>,
}

#[pipeline]
fn slow(seed: u64) -> Artifact<u64> {
    waiting(large(seed))
}

#[allow(clippy::await_holding_lock)] // a step waits for it, in a thread of its own
#[tokio::test]
async fn what_a_run_under_way_adopted_waits_for_its_end_and_stays() {
    let gate = std::sync::Arc::new(Gate::default());
    let component = zen_core::graph::Component::new("test", "gate", "gate", gate.clone());
    let stack = Stack::builder().component(component).build().unwrap();
    let client = Client::of(stack.clone());
    // Needed by the run under way, and by nobody.
    let needed = add(&stack, 1).await;
    let other = add(&stack, 2).await;
    add(&stack, 3).await;
    let closed = gate.lock.lock().unwrap();
    let running = slow(1).on(&stack).quiet().start().await.unwrap();
    eventually_async("the step has begun", || {
        gate.entered.load(std::sync::atomic::Ordering::SeqCst)
    })
    .await;
    let policy = PrunePolicy::keep_last(0);
    let report = client.prune(&policy, false).await.unwrap();
    assert_eq!(report.waiting_for, [running.id()]);
    assert_eq!(report.removed, Default::default());
    assert!(report.to_string().contains(&running.id().to_string()), "{report}");
    assert!(client.run(other).is_ok());
    drop(closed);
    let run = running.wait().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 20_000);
    let report = client.prune(&policy, false).await.unwrap();
    assert!(report.waiting_for.is_empty(), "{report}");
    assert!(client.run(needed).is_ok() && client.run(other).is_err());
    sound(&client).await;
}

/// Marks the object of a seed, as a prune does that comes before this process stores it again.
fn claim(stack: &Stack, digest: Digest, size: u64, deleter: uuid::Uuid) {
    let metadata = stack.metadata();
    let object = StoredObject { digest, size };
    let rules = zen_core::metadata::PruneRules {
        keep_last: Some(1_000),
        ..Default::default()
    };
    let plan = metadata.plan_prune(&rules, &[object]).unwrap();
    assert_eq!(plan.objects.len(), 1);
    metadata.condemn(&plan).unwrap();
    let swept = metadata.sweep_condemned(&rules).unwrap();
    assert_eq!(
        metadata.claim_objects(&swept.prunes, deleter, 1).unwrap(),
        [object]
    );
}

async fn digest_of_large() -> (Digest, Vec<u8>) {
    let stack = memory();
    add(&stack, 5).await;
    let client = Client::of(stack.clone());
    let large = client.artifact("adding.large", None).unwrap();
    (large.digest(), large.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn an_object_that_is_being_deleted_is_written_again_after() {
    let (digest, bytes) = digest_of_large().await;
    let (_folder, stack) = files();
    stack.artifacts().put(digest, bytes.clone().into()).unwrap();
    let alive = Liveness::claim(&stack.home().unwrap().join("live")).unwrap();
    claim(&stack, digest, bytes.len() as u64, alive.id());
    let running = adding(5, false).on(&stack).quiet().start().await.unwrap();
    let step = || {
        Client::of(stack.clone())
            .run(running.id())
            .and_then(|run| run.step("large"))
    };
    stack.artifacts().delete(digest).unwrap();
    let recorded = step().is_ok_and(|step| step.status().is_success());
    assert!(!recorded, "it is recorded before its object can be stored");
    stack.metadata().objects_deleted(alive.id(), &[digest]).unwrap();
    assert_eq!(running.wait().await.unwrap().status(), Status::Completed);
    assert_eq!(stack.artifacts().size(digest).unwrap(), Some(bytes.len() as u64));
}

#[tokio::test]
async fn who_died_while_deleting_is_not_waited_for() {
    let (digest, bytes) = digest_of_large().await;
    let (_folder, stack) = files();
    stack.artifacts().put(digest, bytes.clone().into()).unwrap();
    claim(&stack, digest, bytes.len() as u64, uuid::Uuid::now_v7());
    add(&stack, 5).await;
    assert!(stack.artifacts().size(digest).unwrap().is_some());
    assert_eq!(stack.metadata().keep_object(digest).unwrap(), KeepObject::Kept);
    let client = Client::of(stack.clone());
    client.prune(&PrunePolicy::keep_last(5), false).await.unwrap();
    assert!(stack.metadata().pending_prunes().unwrap().is_empty());
    sound(&client).await;
}

#[tokio::test]
async fn leftovers_of_the_dead_are_removed_when_nobody_runs() {
    let (_folder, stack) = files();
    let client = Client::of(stack.clone());
    let home = stack.home().unwrap().to_owned();
    let run = add(&stack, 1).await;
    let half = home.join("artifacts/objects/ab/cdef#1");
    std::fs::create_dir_all(half.parent().unwrap()).unwrap();
    std::fs::write(&half, "left").unwrap();
    let mut record = client.run(run).unwrap().record().clone();
    record.id = uuid::Uuid::now_v7();
    record.host = "elsewhere".into();
    record.status = RunStatus::Running;
    record.ended = None;
    let elsewhere = record.id;
    let started = Change::RunStarted {
        run: Box::new(record),
        graph: None,
    };
    stack.metadata().apply(&[started]).unwrap();
    client.prune(&PrunePolicy::keep_last(1), false).await.unwrap();
    assert!(half.exists(), "somebody may still use them");
    let ended = Change::RunEnded {
        run: elsewhere,
        status: RunStatus::Failed,
        error: None,
        ended: chrono::Utc::now(),
    };
    stack.metadata().apply(&[ended]).unwrap();
    client.prune(&PrunePolicy::keep_last(1), false).await.unwrap();
    assert!(!half.exists());
}
