//! What is measured.

use std::sync::OnceLock;

use chrono::Utc;
use tokio::runtime::Runtime;
use zen_core::artifact::Digest;
use zen_core::metadata::RunFilter;
use zen_core::prelude::*;

use crate::fill::{Filled, pipeline};
use crate::process;

/// Something that is done with a filled database.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// How often it is done for one measurement of the table.
    pub(crate) times: u32,
    pub(crate) act: fn(&Filled),
}

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "last run of a pipeline",
        times: 200,
        act: |filled| drop(filled.client.last_run(&pipeline(3)).expect("a run")),
    },
    Row {
        name: "first page of 50 runs",
        times: 20,
        act: |filled| page(filled, RunFilter::default()),
    },
    Row {
        name: "page of 50 runs from the middle",
        times: 20,
        act: |filled| {
            page(
                filled,
                RunFilter {
                    before: Some(filled.middle),
                    ..RunFilter::default()
                },
            );
        },
    },
    Row {
        name: "5 failed runs of a pipeline",
        times: 20,
        act: |filled| {
            page(
                filled,
                RunFilter {
                    pipeline: Some(pipeline(2)),
                    status: Some(Status::Failed),
                    before: Some(filled.middle),
                    limit: Some(5),
                    ..RunFilter::default()
                },
            );
        },
    },
    Row {
        name: "steps of a run",
        times: 50,
        act: |filled| {
            let run = filled.client.run(filled.middle).expect("a run");
            assert!(!run.steps().expect("steps").is_empty());
        },
    },
    Row {
        name: "cache hit",
        times: 200,
        act: |filled| assert!(is_cached(filled, filled.key)),
    },
    Row {
        name: "cache miss",
        times: 200,
        act: |filled| assert!(!is_cached(filled, Digest::of(b"never used"))),
    },
    Row {
        name: "newest version of an artifact",
        times: 200,
        act: |filled| {
            drop(
                filled
                    .client
                    .artifact("pipeline 1.step 2", None)
                    .expect("an artifact"),
            )
        },
    },
    Row {
        name: "first version of an artifact",
        times: 200,
        act: |filled| {
            drop(
                filled
                    .client
                    .artifact("pipeline 1.step 2", Some(1))
                    .expect("an artifact"),
            )
        },
    },
    Row {
        name: "open and ask in a fresh process",
        times: 1,
        act: |filled| process::ask(&filled.home()),
    },
    Row {
        name: "a run of 3 steps",
        times: 3,
        act: |filled| {
            let launch = small().on(filled.client.stack()).cache(false).quiet();
            runtime().block_on(launch.run()).expect("a run that succeeds");
        },
    },
];

fn page(filled: &Filled, filter: RunFilter) {
    let filter = RunFilter {
        limit: filter.limit.or(Some(50)),
        ..filter
    };
    drop(filled.client.runs(&filter).expect("a page"));
}

fn is_cached(filled: &Filled, key: Digest) -> bool {
    let found = filled
        .client
        .stack()
        .metadata()
        .find_cached(key, Utc::now(), None);
    found.expect("an answer").is_some()
}

#[step]
fn begin() -> u64 {
    1
}

#[step]
fn add(x: u64) -> u64 {
    x + 1
}

#[pipeline]
fn small() -> Artifact<u64> {
    add(add(begin()))
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}
