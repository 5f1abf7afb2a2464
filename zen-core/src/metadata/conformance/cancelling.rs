//! Requests to cancel runs.

use super::Check;
use super::samples::{apply, id, ok, start, time};
use super::upkeep::{ended, finished, prune};
use crate::metadata::{CancelRequest, Change, MetadataStore, Status};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "the_first_request_to_cancel_a_run_counts",
        the_first_request_to_cancel_a_run_counts,
    ),
    ("nobody_cancels_what_has_ended", nobody_cancels_what_has_ended),
    ("requests_go_with_their_run", requests_go_with_their_run),
];

fn request(run: uuid::Uuid, by: &str, at: i64) -> Change {
    Change::CancelRequested {
        run,
        by: by.to_owned(),
        at: time(at),
    }
}

fn the_first_request_to_cancel_a_run_counts(store: &dyn MetadataStore) {
    let (run, other) = (start(store, "p"), start(store, "p"));
    assert_eq!(ok(store.cancel_requested(run.id), "cancel_requested"), None);
    let by = "é\n\u{1F9A6}";
    apply(store, &[request(run.id, by, 1_000_001)]);
    apply(store, &[request(run.id, "another", 2)]);
    let expected = CancelRequest {
        by: by.to_owned(),
        at: time(1_000_001),
    };
    assert_eq!(
        ok(store.cancel_requested(run.id), "cancel_requested"),
        Some(expected.clone())
    );
    assert_eq!(ok(store.cancel_requested(other.id), "cancel_requested"), None);
    // It only asks: whoever executes the run ends it, and the request stays.
    let status = || ok(store.run(run.id), "run").map(|run| run.status);
    assert_eq!(status(), Some(Status::Running));
    apply(store, &[ended(&run)]);
    assert_eq!(status(), Some(Status::Completed));
    assert_eq!(
        ok(store.cancel_requested(run.id), "cancel_requested"),
        Some(expected)
    );
}

fn nobody_cancels_what_has_ended(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let unknown = id();
    apply(
        store,
        &[
            ended(&run),
            request(run.id, "late", 1),
            request(unknown, "lost", 1),
        ],
    );
    assert_eq!(ok(store.cancel_requested(run.id), "cancel_requested"), None);
    assert_eq!(ok(store.cancel_requested(unknown), "cancel_requested"), None);
}

fn requests_go_with_their_run(store: &dyn MetadataStore) {
    let old = start(store, "p");
    apply(store, &[request(old.id, "me", 1), ended(&old)]);
    let new = finished(store, "p", "a");
    prune(store);
    assert_eq!(ok(store.run(old.id), "run"), None);
    assert!(ok(store.run(new.run.id), "run").is_some());
    assert_eq!(ok(store.cancel_requested(old.id), "cancel_requested"), None);
}
