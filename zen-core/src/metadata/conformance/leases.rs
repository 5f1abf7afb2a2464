//! Leases.

use super::Check;
use super::samples::{ok, some, time};
use crate::metadata::{LeaseOutcome, LeaseRecord, MetadataStore};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("a_lease_is_held_by_one", a_lease_is_held_by_one),
    ("keys_are_apart", keys_are_apart),
    ("an_expired_lease_is_free", an_expired_lease_is_free),
    (
        "a_lease_is_taken_over_by_its_exact_token",
        a_lease_is_taken_over_by_its_exact_token,
    ),
    ("tokens_rise_for_ever", tokens_rise_for_ever),
    (
        "only_the_current_token_renews_a_lease",
        only_the_current_token_renews_a_lease,
    ),
    (
        "only_the_current_token_releases_a_lease",
        only_the_current_token_releases_a_lease,
    ),
];

/// Asks for a lease at a moment, until another.
pub(super) fn ask(
    store: &dyn MetadataStore,
    key: &str,
    holder: &str,
    now: i64,
    until: i64,
    takeover: Option<u64>,
) -> LeaseOutcome {
    ok(
        store.acquire_lease(key, holder, time(now), time(until), takeover),
        "acquire_lease",
    )
}

/// A lease that must be had.
pub(super) fn held(outcome: LeaseOutcome) -> LeaseRecord {
    match outcome {
        LeaseOutcome::Held(lease) => lease,
        LeaseOutcome::Busy(lease) => panic!("a free lease was refused: {lease:?} has it"),
    }
}

/// Who has a lease that must not be had.
pub(super) fn busy(outcome: LeaseOutcome) -> LeaseRecord {
    match outcome {
        LeaseOutcome::Busy(lease) => lease,
        LeaseOutcome::Held(lease) => panic!("a lease that somebody has was given away: {lease:?}"),
    }
}

fn a_lease_is_held_by_one(store: &dyn MetadataStore) {
    assert_eq!(
        ok(store.lease("k"), "lease"),
        None,
        "a lease nobody ever held is held"
    );
    let first = held(ask(store, "k", "first", 0, 100, None));
    let expected = LeaseRecord {
        key: "k".to_owned(),
        token: first.token,
        holder: "first".to_owned(),
        expires: time(100),
    };
    assert_eq!(first, expected, "the lease is not what was asked for");
    assert_eq!(
        some(store.lease("k"), "lease"),
        first,
        "the store tells another lease"
    );
    // Also the holder itself: it may be another thread of it that asks.
    for holder in ["second", "first"] {
        let holding = busy(ask(store, "k", holder, 99, 500, None));
        assert_eq!(holding, first, "who has the lease is not told");
        assert_eq!(
            some(store.lease("k"), "lease"),
            first,
            "asking for a lease changed it"
        );
    }
    ok(store.release_lease(&first), "release_lease");
    assert_eq!(
        ok(store.lease("k"), "lease"),
        None,
        "a lease is held after its release"
    );
    let second = held(ask(store, "k", "second", 1, 200, None));
    assert_eq!(second.holder, "second");
    assert!(second.token > first.token, "a released token was given again");
}

fn keys_are_apart(store: &dyn MetadataStore) {
    let keys = ["a", "A", "a/b", "", "é\u{1f980}'\"\n", "a "];
    for key in keys {
        let lease = held(ask(store, key, key, 0, 100, None));
        assert_eq!(lease.key, key);
    }
    let released = some(store.lease("a"), "lease");
    ok(store.release_lease(&released), "release_lease");
    for key in keys {
        let lease = ok(store.lease(key), "lease");
        assert_eq!(
            lease.map(|lease| lease.holder).as_deref(),
            (key != "a").then_some(key),
            "the lease `{key}` was changed with another one"
        );
    }
}

fn an_expired_lease_is_free(store: &dyn MetadataStore) {
    let first = held(ask(store, "k", "first", 0, 100, None));
    busy(ask(store, "k", "second", 99, 300, None));
    assert_eq!(
        some(store.lease("k"), "lease"),
        first,
        "a lease that may have expired is not told"
    );
    let second = held(ask(store, "k", "second", 100, 300, None));
    assert!(
        second.token > first.token,
        "the token of an expired lease was given again"
    );
    assert_eq!(
        some(store.lease("k"), "lease"),
        second,
        "the expired lease is still told"
    );
    // Made already expired.
    let brief = held(ask(store, "brief", "first", 50, 50, None));
    assert_eq!(
        some(store.lease("brief"), "lease"),
        brief,
        "an expired lease is not told"
    );
    held(ask(store, "brief", "second", 50, 60, None));
}

fn a_lease_is_taken_over_by_its_exact_token(store: &dyn MetadataStore) {
    // What is free needs no token, and takes any.
    let first = held(ask(store, "k", "first", 0, 100, Some(77)));
    for wrong in [first.token + 1, first.token - 1, u64::MAX] {
        let holding = busy(ask(store, "k", "second", 1, 200, Some(wrong)));
        assert_eq!(holding, first, "a wrong token changed the lease");
    }
    let second = held(ask(store, "k", "second", 1, 200, Some(first.token)));
    assert!(
        second.token > first.token,
        "a lease was taken over with its old token"
    );
    assert_eq!(
        busy(ask(store, "k", "third", 1, 200, Some(first.token))),
        second,
        "a lease was taken over with the token of an earlier holder"
    );
    ok(store.release_lease(&second), "release_lease");
    held(ask(store, "k", "third", 1, 200, Some(second.token)));
}

fn tokens_rise_for_ever(store: &dyn MetadataStore) {
    let mut last = 0;
    for round in 0..6 {
        let now = round * 1_000;
        let lease = held(ask(store, "k", "released", now, now + 100, None));
        assert!(lease.token > last, "a token does not rise after a takeover");
        last = lease.token;
        ok(store.release_lease(&lease), "release_lease");
        ok(store.release_lease(&lease), "a second release_lease");

        let lease = held(ask(store, "k", "expired", now, now + 100, None));
        assert!(lease.token > last, "a token does not rise after a release");
        last = lease.token;

        let lease = held(ask(store, "k", "dead", now + 100, now + 200, None));
        assert!(lease.token > last, "a token does not rise after an expiry");
        last = lease.token;

        let lease = held(ask(store, "k", "taken over", now + 101, now + 300, Some(last)));
        assert!(lease.token > last, "a token does not rise after a takeover");
        last = lease.token;
    }
}

fn only_the_current_token_renews_a_lease(store: &dyn MetadataStore) {
    let renew = |lease: &LeaseRecord, until| ok(store.renew_lease(lease, time(until)), "renew_lease");
    let never = LeaseRecord {
        key: "never".to_owned(),
        token: 1,
        holder: "nobody".to_owned(),
        expires: time(100),
    };
    assert!(!renew(&never, 200), "a lease nobody ever held was renewed");
    assert_eq!(
        ok(store.lease("never"), "lease"),
        None,
        "renewing a lease made one"
    );

    let mut first = held(ask(store, "k", "first", 0, 100, None));
    // Also to an earlier end; and the end that the caller knows doesn't matter.
    for until in [500, 300] {
        assert!(renew(&first, until), "the holder could not renew its lease");
        let renewed = some(store.lease("k"), "lease");
        assert_eq!(renewed.expires, time(until), "a renewed lease has another end");
        assert_eq!(
            (renewed.token, &renewed.holder),
            (first.token, &first.holder),
            "a renewal changed more than the end"
        );
    }
    busy(ask(store, "k", "second", 299, 400, None));
    first.expires = time(310);
    assert!(
        renew(&first, 310),
        "a lease nobody has taken could not be renewed"
    );

    let second = held(ask(store, "k", "second", 310, 400, None));
    assert!(!renew(&first, 900), "a lease was renewed after it was taken");
    assert_eq!(
        some(store.lease("k"), "lease"),
        second,
        "an earlier holder changed the lease"
    );
    ok(store.release_lease(&second), "release_lease");
    assert!(!renew(&second, 900), "a lease was renewed after its release");
    assert_eq!(
        ok(store.lease("k"), "lease"),
        None,
        "a renewal took a released lease back"
    );
}

fn only_the_current_token_releases_a_lease(store: &dyn MetadataStore) {
    let first = held(ask(store, "k", "first", 0, 100, None));
    let second = held(ask(store, "k", "second", 100, 200, None));
    ok(store.release_lease(&first), "release_lease");
    assert_eq!(
        some(store.lease("k"), "lease"),
        second,
        "an earlier holder released the lease"
    );
    ok(store.release_lease(&second), "release_lease");
    let third = held(ask(store, "k", "third", 100, 200, None));
    ok(store.release_lease(&second), "release_lease");
    assert_eq!(
        some(store.lease("k"), "lease"),
        third,
        "a second release took the lease from its next holder"
    );
    let never = LeaseRecord {
        key: "never".to_owned(),
        ..third
    };
    ok(store.release_lease(&never), "release_lease");
    assert_eq!(
        ok(store.lease("never"), "lease"),
        None,
        "releasing a lease made one"
    );
}
