//! What experiment trackers have of runs.

use uuid::Uuid;

use super::Check;
use super::samples::{apply, id, ok, start, time};
use super::upkeep::{ended, finished, prune};
use crate::metadata::{Change, MetadataStore, TrackingRecord, TrackingState, Undelivered};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "a_tracking_is_replaced_as_a_whole",
        a_tracking_is_replaced_as_a_whole,
    ),
    (
        "trackings_without_an_end_are_found_when_their_run_has_ended",
        trackings_without_an_end_are_found_when_their_run_has_ended,
    ),
    ("trackings_go_with_their_run", trackings_go_with_their_run),
];

fn tracking(run: Uuid) -> TrackingRecord {
    TrackingRecord {
        run,
        location: "http://é.example:5000".into(),
        id: Some("a1".into()),
        url: Some("http://é.example:5000/#/runs/a1".into()),
        state: TrackingState::Open,
        undelivered: Vec::new(),
        error: None,
        updated: time(1_000_001),
    }
}

fn change(tracking: &TrackingRecord) -> Change {
    Change::Tracking(Box::new(tracking.clone()))
}

fn read(store: &dyn MetadataStore, run: Uuid) -> Option<TrackingRecord> {
    ok(store.tracking(run), "tracking")
}

fn a_tracking_is_replaced_as_a_whole(store: &dyn MetadataStore) {
    let (run, other) = (start(store, "p"), start(store, "p"));
    assert_eq!(read(store, run.id), None);
    let first = TrackingRecord {
        id: None,
        url: None,
        ..tracking(run.id)
    };
    apply(store, &[change(&first)]);
    assert_eq!(read(store, run.id), Some(first));
    let second = TrackingRecord {
        state: TrackingState::Incomplete,
        undelivered: vec![Undelivered {
            what: "metric `loss`\n\u{1F9A6}".into(),
            count: u64::MAX >> 1,
        }],
        error: Some("full".into()),
        ..tracking(run.id)
    };
    apply(store, &[change(&second)]);
    assert_eq!(read(store, run.id), Some(second));
    assert_eq!(read(store, other.id), None);
    // Nothing is kept of a run that isn't.
    let unknown = id();
    apply(store, &[change(&tracking(unknown))]);
    assert_eq!(read(store, unknown), None);
}

fn trackings_without_an_end_are_found_when_their_run_has_ended(store: &dyn MetadataStore) {
    let runs = [(); 5].map(|()| start(store, "p"));
    let [open, lost, unknown, delivered, elsewhere] = &runs;
    let of = |run: Uuid, state| TrackingRecord {
        state,
        ..tracking(run)
    };
    let records = [
        tracking(open.id),
        of(lost.id, TrackingState::Lost),
        TrackingRecord {
            id: None,
            ..of(unknown.id, TrackingState::Lost)
        },
        of(delivered.id, TrackingState::Delivered),
        TrackingRecord {
            location: "http://other".into(),
            ..tracking(elsewhere.id)
        },
    ];
    records.iter().for_each(|record| apply(store, &[change(record)]));
    let unended = |limit| {
        let found = ok(
            store.unended_trackings(&records[0].location, limit),
            "unended_trackings",
        );
        found.into_iter().map(|found| found.run).collect::<Vec<_>>()
    };
    assert_eq!(unended(10), Vec::<Uuid>::new(), "they may still be under way");
    runs.iter().for_each(|run| apply(store, &[ended(run)]));
    assert_eq!(unended(10), [open.id, lost.id]);
    assert_eq!(unended(1), [open.id]);
    apply(store, &[change(&of(open.id, TrackingState::Delivered))]);
    assert_eq!(unended(10), [lost.id]);
}

fn trackings_go_with_their_run(store: &dyn MetadataStore) {
    let old = start(store, "p");
    apply(store, &[change(&tracking(old.id)), ended(&old)]);
    finished(store, "p", "a");
    prune(store);
    assert_eq!(ok(store.run(old.id), "run"), None);
    assert_eq!(read(store, old.id), None);
}
