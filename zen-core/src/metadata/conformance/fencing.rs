//! What a lease is for: that one at a time works under it, and that nobody writes who has lost it.

use std::panic::resume_unwind;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Check;
use super::leases::{ask, busy, held};
use super::samples::{apply, artifact, digest, kept, made, ok, service, some, start, time};
use crate::metadata::{Change, LeaseOutcome, LeaseRecord, MetadataError, MetadataStore, Status};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "a_fence_lets_the_newest_token_through",
        a_fence_lets_the_newest_token_through,
    ),
    ("a_fence_refuses_the_whole_list", a_fence_refuses_the_whole_list),
    (
        "of_threads_that_race_for_a_lease_one_holds_it",
        of_threads_that_race_for_a_lease_one_holds_it,
    ),
    (
        "of_threads_that_take_a_lease_over_one_holds_it",
        of_threads_that_take_a_lease_over_one_holds_it,
    ),
    ("a_lease_excludes_and_fences", a_lease_excludes_and_fences),
];

fn fence(key: &str, token: u64) -> Change {
    Change::Fenced {
        key: key.to_owned(),
        token,
    }
}

fn a_fence_lets_the_newest_token_through(store: &dyn MetadataStore) {
    let lease = held(ask(store, "k", "first", 0, 100, None));
    let pass = |when: &str| {
        let inside = service(when);
        apply(store, &[fence("k", lease.token), kept(&inside)]);
        some(store.service(inside.id), "service");
    };
    pass("held");
    busy(ask(store, "k", "second", 0, 100, None));
    pass("after another one asked");
    ok(store.renew_lease(&lease, time(-1)), "renew_lease");
    pass("expired");
    ok(store.release_lease(&lease), "release_lease");
    pass("released");
    apply(store, &[fence("k", lease.token)]);
    assert_eq!(ok(store.lease("k"), "lease"), None, "a fence changed a lease");
}

fn a_fence_refuses_the_whole_list(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let old = held(ask(store, "k", "old", 0, 100, None));
    let new = held(ask(store, "k", "new", 0, 100, Some(old.token)));
    let (first, last) = (service("first"), service("last"));
    let artifact = artifact("model");
    for (key, token, current) in [
        ("k", old.token, Some(new.token)),
        ("k", new.token + 1, Some(new.token)),
        ("never held", 1, None),
        ("never held", 0, None),
    ] {
        let error = match store.apply(&[
            kept(&first),
            made(&artifact),
            Change::Object {
                digest: digest("bytes"),
                bytes: vec![1],
            },
            fence(key, token),
            Change::RunEnded {
                run: run.id,
                status: Status::Completed,
                error: None,
                ended: time(1),
            },
            kept(&last),
        ]) {
            Ok(()) => panic!("token {token} of `{key}` passed the fence at {current:?}"),
            Err(error) => error,
        };
        match &error {
            MetadataError::Fenced {
                location,
                key: told_key,
                token: told_token,
                current: told_current,
            } => assert_eq!(
                (location.as_str(), told_key.as_str(), *told_token, *told_current),
                (store.location().as_str(), key, token, current),
                "the error tells something else"
            ),
            other => panic!("a fence failed with another error: {other:?}"),
        }
        let text = error.to_string();
        assert!(
            text.contains(key) && text.contains(&token.to_string()),
            "`{text}` does not name the lease"
        );
        for written in [&first, &last] {
            assert_eq!(
                ok(store.service(written.id), "service"),
                None,
                "a list that was refused left a service"
            );
        }
        assert_eq!(
            ok(store.artifact(artifact.id), "artifact"),
            None,
            "a list that was refused left an artifact"
        );
        assert_eq!(
            ok(store.object(digest("bytes")), "object"),
            None,
            "a list that was refused left an object"
        );
        assert_eq!(
            some(store.run(run.id), "run").status,
            Status::Running,
            "a list that was refused ended a run"
        );
        assert_eq!(
            ok(store.lease(key), "lease").map(|lease| lease.token),
            current,
            "a fence changed a lease"
        );
    }
    // A fence that holds does not help one that doesn't.
    assert!(
        store
            .apply(&[fence("k", new.token), kept(&first), fence("k", old.token)])
            .is_err(),
        "the second fence of a list was overlooked"
    );
    assert_eq!(
        ok(store.service(first.id), "service"),
        None,
        "a list that was refused left a service"
    );
    apply(store, &[fence("k", new.token), kept(&first)]);
}

const THREADS: usize = 4;
const ROUNDS: usize = 50;

/// Against hanging for ever on a store that never gives the lease: far longer than the check takes.
const PATIENCE: Duration = Duration::from_secs(300);

/// Lets all threads ask for a lease at once, and gives what each was told.
fn race(store: &dyn MetadataStore, key: &str, takeover: Option<u64>) -> Vec<LeaseOutcome> {
    let ready = Barrier::new(THREADS);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|n| {
                let ready = &ready;
                scope.spawn(move || {
                    ready.wait();
                    ask(store, key, &n.to_string(), 0, 100, takeover)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

/// The lease of the one that got it; the others must have been told of it.
fn only_holder(outcomes: Vec<LeaseOutcome>) -> LeaseRecord {
    let (mut holders, mut told) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            LeaseOutcome::Held(lease) => holders.push(lease),
            LeaseOutcome::Busy(lease) => told.push(lease),
        }
    }
    assert_eq!(holders.len(), 1, "not exactly one got the lease: {holders:?}");
    let holder = holders.remove(0);
    assert!(
        told.iter().all(|lease| *lease == holder),
        "one was refused for another holder than {holder:?}: {told:?}"
    );
    holder
}

fn of_threads_that_race_for_a_lease_one_holds_it(store: &dyn MetadataStore) {
    for round in 0..ROUNDS {
        let key = format!("race {round}");
        let first = only_holder(race(store, &key, None));
        ok(store.release_lease(&first), "release_lease");
        let second = only_holder(race(store, &key, None));
        assert_eq!(
            second.token,
            first.token + 1,
            "threads that were refused used up tokens"
        );
    }
}

fn of_threads_that_take_a_lease_over_one_holds_it(store: &dyn MetadataStore) {
    let mut lease = held(ask(store, "k", "dead", 0, 100, None));
    for _ in 0..ROUNDS {
        let next = only_holder(race(store, "k", Some(lease.token)));
        assert!(next.token > lease.token, "a takeover did not raise the token");
        lease = next;
    }
}

/// Threads that hold a lease in turn, each reading what it changes under it.
fn a_lease_excludes_and_fences(store: &dyn MetadataStore) {
    let mut counter = service("counter");
    counter.version = 0;
    apply(store, &[kept(&counter)]);
    let (inside, turns) = (AtomicBool::new(false), AtomicUsize::new(0));
    let begun = Instant::now();
    thread::scope(|scope| {
        for n in 0..THREADS {
            let (counter, inside, turns) = (&counter, &inside, &turns);
            scope.spawn(move || {
                let mut left = ROUNDS / 2;
                let mut before = None;
                while left > 0 {
                    let LeaseOutcome::Held(lease) = ask(store, "k", &n.to_string(), 0, 100, None) else {
                        assert!(begun.elapsed() < PATIENCE, "the lease is never given again");
                        thread::yield_now();
                        continue;
                    };
                    assert!(!inside.swap(true, Ordering::SeqCst), "two hold the lease at once");
                    let mut record = some(store.service(counter.id), "service");
                    record.version += 1;
                    apply(store, &[fence("k", lease.token), kept(&record)]);
                    if let Some(before) = before.replace(lease.token) {
                        let late = store.apply(&[fence("k", before), kept(counter)]);
                        assert!(
                            matches!(late, Err(MetadataError::Fenced { .. })),
                            "an earlier token passed the fence: {late:?}"
                        );
                    }
                    inside.store(false, Ordering::SeqCst);
                    turns.fetch_add(1, Ordering::SeqCst);
                    ok(store.release_lease(&lease), "release_lease");
                    left -= 1;
                }
            });
        }
    });
    let counted = some(store.service(counter.id), "service").version as usize;
    assert_eq!(
        counted,
        turns.load(Ordering::SeqCst),
        "a change under the lease is lost"
    );
    assert_eq!(counted, THREADS * (ROUNDS / 2));
}
