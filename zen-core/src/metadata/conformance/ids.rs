//! Ids are found by their order.

use uuid::Uuid;

use super::Check;
use super::samples::{apply, ok, run, started};
use crate::metadata::{IdKind, MetadataStore, Neighbours, RunRecord};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("ids_are_found_in_rising_order", ids_are_found_in_rising_order),
    ("an_id_knows_those_beside_it", an_id_knows_those_beside_it),
    ("an_empty_store_has_no_ids", an_empty_store_has_no_ids),
];

/// Runs with these ids, recorded in this order.
fn record(store: &dyn MetadataStore, ids: &[u128]) {
    for id in ids {
        let run = RunRecord {
            id: Uuid::from_u128(*id),
            ..run("train")
        };
        apply(store, &[started(&run)]);
    }
}

fn between(store: &dyn MetadataStore, low: u128, high: u128, limit: u32) -> Vec<u128> {
    let found = store.ids_between(IdKind::Run, Uuid::from_u128(low), Uuid::from_u128(high), limit);
    ok(found, "ids_between").iter().map(Uuid::as_u128).collect()
}

fn ids_are_found_in_rising_order(store: &dyn MetadataStore) {
    record(store, &[0x30, 0x10, u128::MAX, 0x20, 0]);
    assert_eq!(between(store, 0, u128::MAX, 10), [0, 0x10, 0x20, 0x30, u128::MAX]);
    assert_eq!(
        between(store, 0x10, 0x20, 10),
        [0x10, 0x20],
        "both ends belong to it"
    );
    assert_eq!(between(store, 0x11, 0x1f, 10), [0u128; 0]);
    assert_eq!(between(store, 0, u128::MAX, 2), [0, 0x10], "at most the limit");
    assert_eq!(
        between(store, u128::MAX, u128::MAX, 10),
        [u128::MAX],
        "ids have no sign"
    );
}

fn an_id_knows_those_beside_it(store: &dyn MetadataStore) {
    record(store, &[0x30, 0x10, u128::MAX, 0x20]);
    let beside = |id: u128| {
        ok(
            store.id_neighbours(IdKind::Run, Uuid::from_u128(id)),
            "id_neighbours",
        )
    };
    let expected = |before: Option<u128>, after: Option<u128>| Neighbours {
        before: before.map(Uuid::from_u128),
        after: after.map(Uuid::from_u128),
    };
    assert_eq!(beside(0x20), expected(Some(0x10), Some(0x30)));
    assert_eq!(beside(0x10), expected(None, Some(0x20)));
    assert_eq!(beside(u128::MAX), expected(Some(0x30), None));
    assert_eq!(
        beside(0x15),
        expected(Some(0x10), Some(0x20)),
        "it need not be recorded"
    );
}

fn an_empty_store_has_no_ids(store: &dyn MetadataStore) {
    for kind in IdKind::ALL {
        let found = ok(
            store.ids_between(kind, Uuid::nil(), Uuid::max(), 10),
            "ids_between",
        );
        assert_eq!(found, Vec::<Uuid>::new());
        let beside = ok(store.id_neighbours(kind, Uuid::nil()), "id_neighbours");
        assert_eq!(beside, Neighbours::default());
    }
}
