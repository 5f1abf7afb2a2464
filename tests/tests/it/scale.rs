//! Many steps, wide fan-outs, odd names, random graphs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use zen_core::graph::Component;
use zen_core::prelude::*;
use zen_core::testing::{Fault, FaultyStore};

use crate::support::{files, memory};

#[step]
fn increment(x: u64) -> u64 {
    x + 1
}

#[step]
fn total(values: &[u64]) -> u64 {
    values.iter().sum()
}

#[step]
fn range(n: u64) -> Vec<u64> {
    (0..n).collect()
}

#[pipeline]
fn chain(length: usize) -> Artifact<u64> {
    let mut x = increment(0);
    for _ in 1..length {
        x = increment(x);
    }
    x
}

#[pipeline]
fn wide(width: u64) -> Artifact<u64> {
    total(range(width).each(|x| increment(x)))
}

#[pipeline]
fn wide_by_hand(width: u64) -> Artifact<u64> {
    let start = increment(0);
    let mut branches = Vec::new();
    for _ in 0..width {
        branches.push(increment(start));
    }
    total(gather(branches))
}

#[tokio::test]
async fn ten_thousand_steps_in_a_row() {
    let stack = memory();
    let run = chain(10_000).on(&stack).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 10_000);
    let again = chain(10_000).on(&stack).quiet().run().await.unwrap();
    assert_eq!(again.step("increment_10000").unwrap().status(), Status::Cached);
}

#[tokio::test]
async fn ten_thousand_side_by_side() {
    let stack = memory();
    let run = wide(10_000).on(&stack).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), (1..=10_000).sum::<u64>());
    assert_eq!(run.steps().unwrap().len(), 10_003);
    let run = wide_by_hand(10_000).on(&stack).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 20_000);
}

#[pipeline]
fn oddly_named(name: String) -> Artifact<u64> {
    increment(1).named(name)
}

#[tokio::test]
async fn names_may_be_unicode_and_long_but_not_empty_or_endless() {
    let (_folder, stack) = files();
    let long = "n".repeat(255);
    for name in [
        "schritt-für-schritt",
        "訓練 🚂",
        "a/b\\c \"d\" 'e' %s",
        "..",
        long.as_str(),
    ] {
        let run = oddly_named(name.to_owned())
            .on(&stack)
            .named("läuft 🏃")
            .quiet()
            .run()
            .await
            .unwrap();
        assert_eq!(run.step(name).unwrap().load::<u64>("output").await.unwrap(), 2);
    }
    for name in ["", "n\n", &"n".repeat(256), "x[1]"] {
        let error = oddly_named(name.to_owned())
            .on(&stack)
            .quiet()
            .run()
            .await
            .unwrap_err();
        assert!(error.to_string().contains("can't name a step"), "{error}");
    }
}

/// In which order steps ended.
#[derive(Debug, Default)]
struct Order(Mutex<Vec<usize>>);

#[step]
fn visit(ctx: &StepContext, id: usize, needed: &[usize]) -> Result<usize> {
    let order = ctx.component::<Order>().ok_or("no order")?;
    let mut order = order.0.lock().map_err(|_| "poisoned")?;
    assert!(needed.iter().all(|id| order.contains(id)));
    order.push(id);
    Ok(id)
}

#[pipeline]
fn random(edges: Vec<Vec<usize>>, waits: Vec<Option<usize>>) {
    let mut handles: Vec<Artifact<usize>> = Vec::new();
    for (id, needed) in edges.iter().enumerate() {
        let needed: Vec<_> = needed.iter().map(|id| handles[*id]).collect();
        let handle = visit(id, gather(needed));
        let handle = match waits[id] {
            Some(other) => handle.after(&handles[other]),
            None => handle,
        };
        handles.push(handle);
    }
}

fn graphs() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<Option<usize>>)> {
    (1usize..40).prop_flat_map(|nodes| {
        let edges = (0..nodes).map(|id| proptest::collection::vec(0..id.max(1), 0..=id.min(4)));
        let waits = (0..nodes).map(|id| proptest::option::of(0..id.max(1)));
        (edges.collect::<Vec<_>>(), waits.collect::<Vec<_>>()).prop_map(|(edges, mut waits)| {
            waits[0] = None;
            (edges, waits)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_random_graph_runs_each_step_once_in_an_order_that_respects_its_edges((edges, waits) in graphs(), parallel in 1usize..6) {
        let order = Arc::new(Order::default());
        let component = Component::new("test", "order", "order", Arc::clone(&order));
        let stack = Stack::builder().component(component).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let launch = random(edges.clone(), waits.clone()).on(&stack).parallel(parallel).quiet();
        runtime.block_on(launch.run()).unwrap();
        let order = order.0.lock().unwrap();
        let place: HashMap<_, _> = order.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        prop_assert_eq!((order.len(), place.len()), (edges.len(), edges.len()));
        for (id, needed) in edges.iter().enumerate() {
            for other in needed.iter().chain(&waits[id]) {
                prop_assert!(place[other] < place[&id]);
            }
        }
    }
}

#[step]
fn large(seed: u8) -> Vec<u8> {
    vec![seed; 50_000]
}

#[step]
fn length(bytes: &[u8]) -> usize {
    bytes.len()
}

#[pipeline]
fn objects(seed: u8) -> Artifact<usize> {
    length(large(seed))
}

#[tokio::test]
async fn a_store_that_fails_fails_the_step_by_name_and_is_never_a_wrong_hit() {
    let faulty = FaultyStore::new(Arc::new(object_store::memory::InMemory::new()));
    let stack = Stack::builder()
        .artifacts(ArtifactStore::over("memory://faulty", Arc::new(faulty.clone())))
        .build()
        .unwrap();
    faulty.set(Fault::FailPuts);
    let error = objects(1).on(&stack).quiet().run().await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("step `large` failed") && message.contains("told to fail"),
        "{message}"
    );
    let run = Client::of(stack.clone()).run(error.run().unwrap()).unwrap();
    assert_eq!(run.step("large").unwrap().status(), Status::Failed);
    // What was made of a value that is nowhere stored is not recorded as done.
    assert!(
        run.step("length")
            .map_or(true, |step| !step.status().is_success())
    );

    faulty.set(Fault::None);
    objects(1).on(&stack).quiet().run().await.unwrap();
    for fault in [
        Fault::FailGets,
        Fault::Truncate,
        Fault::WrongBytes,
        Fault::FailNth(2),
    ] {
        faulty.set(fault);
        let run = objects(1).on(&stack).quiet().run().await.unwrap();
        assert_eq!(
            run.step("large").unwrap().status(),
            Status::Completed,
            "{fault:?} was taken for a hit"
        );
        assert_eq!(*run.output().await.unwrap(), 50_000);
    }
}
