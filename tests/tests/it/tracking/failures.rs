//! What fails when the tracker does: nothing but the tracking.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use uuid::Uuid;
use zen_core::metadata::{Change, Status, TrackingRecord, TrackingState};
use zen_core::prelude::*;
use zen_core::tracking::TrackingError;

use super::notebook::{Call, Gate, Notebook, denied, refused, stack, unavailable};
use crate::support::eventually;

#[step]
fn logs(ctx: &StepContext, count: u64) -> Result<u64> {
    for n in 0..count {
        ctx.log_metric(if n % 7 == 3 { "odd" } else { "value" }, n)?;
    }
    Ok(count)
}

/// Lets the tracker go on, or whatever waits.
#[step(cache = false)]
fn opens(ctx: &StepContext, _count: &u64) -> Result<bool> {
    ctx.flush()?;
    ctx.component::<Gate>().ok_or("no gate")?.open();
    Ok(true)
}

#[pipeline]
fn logging(count: u64) -> Artifact<bool> {
    let logged = logs(count).logged();
    opens(logged)
}

async fn tracked(stack: &Stack, count: u64) -> TrackingRecord {
    let run = logging(count).launch().on(stack).quiet().run().await.unwrap();
    run.tracking().unwrap().unwrap()
}

fn count(tracking: &TrackingRecord, what: &str) -> u64 {
    let found = tracking
        .undelivered
        .iter()
        .filter(|entry| entry.what.contains(what));
    found.map(|entry| entry.count).sum()
}

#[tokio::test]
async fn a_tracker_that_is_away_at_first_gets_everything() {
    let tries = AtomicUsize::new(0);
    let away = move |_: &Call<'_>| match tries.fetch_add(1, Ordering::SeqCst) {
        // Every other call fails, twice over: what is tried again comes once and in its order.
        n if n % 2 == 0 => Err(unavailable()),
        _ => Ok(()),
    };
    let (stack, notebook) = stack(Notebook::new(away), &Arc::default());
    let tracking = tracked(&stack, 25).await;
    assert_eq!((tracking.state, tracking.error), (TrackingState::Delivered, None));
    assert_eq!(notebook.metrics().len(), 25);
    let page = notebook.page();
    assert_eq!((page.artifacts.len(), page.ends.len()), (1, 1));
}

#[tokio::test]
async fn a_tracker_that_is_down_fails_and_holds_nothing() {
    let mut notebook = Notebook::new(|_| Err(unavailable()));
    notebook.flush = Duration::from_millis(300);
    let (stack, notebook) = stack(notebook, &Arc::default());
    let tracking = tracked(&stack, 50).await;
    assert!(notebook.page().calls >= 2, "it is tried again at the end");
    assert_eq!((tracking.state, &tracking.id), (TrackingState::Lost, &None));
    assert_eq!(
        (count(&tracking, "metric"), count(&tracking, "parameter")),
        (50, 2)
    );
    assert_eq!(count(&tracking, "artifact of step `logs`"), 1);
    assert!(tracking.error.unwrap().contains("it is asleep"));
}

#[tokio::test]
async fn steps_never_wait_for_a_tracker_that_hangs() {
    let gate = Arc::new(Gate::default());
    let held = Arc::clone(&gate);
    // It answers nothing before the last step has ended, which would wait for ever if anything waited for the tracker.
    let (stack, notebook) = stack(
        Notebook::new(move |_| {
            held.pass();
            Ok(())
        }),
        &gate,
    );
    let tracking = tracked(&stack, 1000).await;
    assert_eq!(tracking.state, TrackingState::Delivered);
    assert_eq!(notebook.metrics().len(), 1000);
}

#[tokio::test]
async fn the_end_waits_for_a_tracker_that_hangs_only_so_long() {
    let gate = Arc::new(Gate::default());
    let (held, other) = (Arc::clone(&gate), Arc::new(Gate::default()));
    let mut notebook = Notebook::new(move |call| {
        if matches!(call, Call::Log(_)) {
            held.pass();
        }
        Ok(())
    });
    notebook.flush = Duration::from_millis(100);
    let (stack, notebook) = stack(notebook, &other);
    let tracking = tracked(&stack, 40).await;
    assert_eq!(tracking.state, TrackingState::Lost);
    assert!(tracking.id.is_some(), "{tracking:?}");
    assert_eq!(count(&tracking, "metric"), 40);
    assert_eq!(notebook.page().ends, []);
    gate.open();
}

#[tokio::test]
async fn what_no_longer_fits_is_counted() {
    let gate = Arc::new(Gate::default());
    let held = Arc::clone(&gate);
    let mut notebook = Notebook::new(move |_| {
        held.pass();
        Ok(())
    });
    notebook.queue = 100;
    let (stack, notebook) = stack(notebook, &gate);
    let tracking = tracked(&stack, 5000).await;
    assert_eq!(tracking.state, TrackingState::Incomplete);
    let delivered = notebook.metrics().len() as u64;
    assert!((50..=100).contains(&delivered), "{delivered}");
    assert_eq!(delivered + count(&tracking, "metric"), 5000);
    // The first ones came, in their order.
    let firsts: Vec<_> = notebook
        .metrics()
        .iter()
        .filter(|metric| metric.contains("value="))
        .cloned()
        .collect();
    assert!(
        firsts
            .iter()
            .zip(0..)
            .all(|(metric, n)| metric.ends_with(&format!("@{n}"))),
        "{firsts:?}"
    );
}

#[tokio::test]
async fn what_is_refused_is_left_out_and_the_rest_comes() {
    let picky = |call: &Call<'_>| match call {
        Call::Log(batch) if batch.metrics.iter().any(|metric| metric.name == "odd") => Err(refused()),
        Call::Artifact => Err(refused()),
        _ => Ok(()),
    };
    let (stack, notebook) = stack(Notebook::new(picky), &Arc::default());
    let tracking = tracked(&stack, 70).await;
    assert_eq!(tracking.state, TrackingState::Incomplete);
    assert_eq!(count(&tracking, "metric `odd` of step `logs`"), 10);
    assert_eq!(count(&tracking, "artifact"), 1);
    assert_eq!(count(&tracking, ""), 11);
    assert!(tracking.error.unwrap().contains("doesn't like this"));
    let values: Vec<_> = (0..60).map(|n| format!("@{n}")).collect();
    assert!(
        notebook
            .metrics()
            .iter()
            .zip(values)
            .all(|(metric, end)| metric.ends_with(&end))
    );
    assert_eq!(notebook.page().ends[0].0, Status::Completed);
}

#[tokio::test]
async fn a_tracker_that_takes_nothing_is_asked_once() {
    let (stack, notebook) = stack(Notebook::new(|_| Err(denied())), &Arc::default());
    let tracking = tracked(&stack, 30).await;
    assert_eq!((tracking.state, notebook.page().calls), (TrackingState::Lost, 1));
    assert_eq!(count(&tracking, "metric"), 30);
}

#[tokio::test]
async fn a_tracker_that_panics_harms_nobody() {
    let once = AtomicBool::new(false);
    let panics = move |call: &Call<'_>| -> Result<(), TrackingError> {
        if matches!(call, Call::Log(_)) && !once.swap(true, Ordering::SeqCst) {
            panic!("on purpose");
        }
        Ok(())
    };
    let (stack, _) = stack(Notebook::new(panics), &Arc::default());
    let tracking = tracked(&stack, 5).await;
    assert_eq!(tracking.state, TrackingState::Incomplete);
    assert!(tracking.error.unwrap().contains("panicked"));
}

#[tokio::test]
async fn what_another_program_could_not_end_is_ended_by_the_next_run() {
    let (stack, notebook) = stack(Notebook::new(|_| Ok(())), &Arc::default());
    let first = tracked(&stack, 1).await;
    // As a program leaves it that dies.
    let left = TrackingRecord {
        state: TrackingState::Open,
        id: Some("left".into()),
        updated: first.updated - chrono::TimeDelta::days(1),
        ..first
    };
    stack
        .metadata()
        .apply(&[Change::Tracking(Box::new(left.clone()))])
        .unwrap();
    let mut run = stack.metadata().run(left.run).unwrap().unwrap();
    run.ended = Some(left.updated);
    tracked(&stack, 2).await;
    // It has only just ended: its own program is about to say so.
    assert_eq!(notebook.page().lost, []);
    let mut died = run.clone();
    died.id = Uuid::now_v7();
    died.status = Status::Running;
    died.ended = None;
    let changes = [
        Change::RunStarted {
            run: Box::new(died.clone()),
            graph: None,
        },
        Change::RunDied {
            run: died.id,
            error: "killed".into(),
            noticed: left.updated,
        },
        Change::Tracking(Box::new(TrackingRecord { run: died.id, ..left })),
    ];
    stack.metadata().apply(&changes).unwrap();
    tracked(&stack, 3).await;
    eventually("it is ended there", || !notebook.page().lost.is_empty());
    assert_eq!(notebook.page().lost, [("left".to_owned(), Status::Failed)]);
    let settled = stack.metadata().tracking(died.id).unwrap().unwrap();
    assert_eq!(settled.state, TrackingState::Incomplete);
}
