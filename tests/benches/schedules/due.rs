//! How late runs start when very many schedules are due at the same time, beside the same runs started by hand.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use tempfile::TempDir;
use zen_core::metadata::{RunFilter, SlotFilter};
use zen_core::prelude::*;
use zen_core::schedule::{Schedule, Scheduler};

/// How many runs are under way at once.
const CONCURRENCY: usize = 8;

#[step(cache = false)]
fn square(x: u64) -> u64 {
    x * x
}

#[pipeline]
pub(crate) fn squaring(x: u64) -> Artifact<u64> {
    square(x)
}

/// A stack in files, gone with the folder.
pub(crate) fn stack() -> (TempDir, Stack) {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let stack = Stack::builder().home(folder.path().join(".zen")).build();
    (folder, stack.expect("a stack"))
}

pub(crate) fn print(runs: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!(
        "{:<44}{:>12}{:>12}{:>12}",
        format!("{runs} runs, {CONCURRENCY} at once"),
        "p50",
        "p99",
        "all"
    );
    let scheduled = runtime.block_on(scheduled(runs));
    let by_hand = runtime.block_on(by_hand(runs));
    row("from the time due to the run's start", &scheduled);
    row("started by hand: from the first to a run's", &by_hand);
    let ratio = |at: usize| millis(&scheduled, at) / millis(&by_hand, at);
    println!(
        "{:<44}{:>11.2}x{:>11.2}x{:>11.2}x",
        "ratio",
        ratio(50),
        ratio(99),
        ratio(100)
    );
}

fn row(name: &str, lags: &[TimeDelta]) {
    let at = |percent| format!("{:.1} ms", millis(lags, percent));
    println!("{name:<44}{:>12}{:>12}{:>12}", at(50), at(99), at(100));
}

/// The lag that so many of a hundred don't exceed, in milliseconds.
fn millis(lags: &[TimeDelta], percent: usize) -> f64 {
    let last = lags.len().saturating_sub(1);
    let lag = lags.get(last * percent / 100).copied().unwrap_or_default();
    lag.num_microseconds().unwrap_or(i64::MAX) as f64 / 1000.0
}

async fn scheduled(runs: usize) -> Vec<TimeDelta> {
    let (_folder, stack) = stack();
    // Enough to keep all of them before.
    let due = Utc::now()
        + TimeDelta::seconds(5)
        + TimeDelta::milliseconds(20) * i32::try_from(runs).unwrap_or(i32::MAX);
    for n in 0..runs {
        let scheduling = squaring(n as u64).schedule(format!("at once {n}"), Schedule::once_at(due));
        scheduling.on(&stack).await.expect("a schedule");
    }
    assert!(Utc::now() < due, "it took too long to keep the schedules");
    let all_settled = async {
        let settled = SlotFilter {
            settled: Some(true),
            ..SlotFilter::default()
        };
        tokio::time::sleep((due - Utc::now()).to_std().unwrap_or_default()).await;
        while stack.metadata().slots(&settled).expect("slots").len() < runs {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let scheduler = Scheduler::new().on(&stack).quiet().concurrency(CONCURRENCY);
    scheduler.run_until(all_settled).await.expect("a scheduler");
    lags(&stack, due)
}

async fn by_hand(runs: usize) -> Vec<TimeDelta> {
    let (_folder, stack) = stack();
    let begun = Utc::now();
    let all = futures::stream::iter(0..runs).map(|n| {
        let launch = squaring(n as u64).on(&stack).quiet();
        async { launch.run().await.expect("a run that succeeds") }
    });
    let done: Vec<_> = all.buffer_unordered(CONCURRENCY).collect().await;
    assert_eq!(done.len(), runs);
    lags(&stack, begun)
}

fn lags(stack: &Stack, since: DateTime<Utc>) -> Vec<TimeDelta> {
    let runs = stack.metadata().runs(&RunFilter::default()).expect("runs");
    assert!(runs.iter().all(|run| run.status == Status::Completed));
    let mut lags: Vec<_> = runs.iter().map(|run| run.started - since).collect();
    lags.sort_unstable();
    lags
}
