//! Several writers and readers at once.

use std::sync::Barrier;
use std::thread;

use super::content;
use crate::artifact::ArtifactStore;

const THREADS: usize = 8;

/// Every thread has a handle of its own, begins when all are there, and reads what it wrote while others still write it.
pub(super) fn threads_race_on_one_object(make: &dyn Fn() -> ArtifactStore) {
    race(make, THREADS, 100_000, 10);
}

pub(super) fn two_write_one_large_object(make: &dyn Fn() -> ArtifactStore) {
    race(make, 2, 18_000_000, 1);
}

fn race(make: &dyn Fn() -> ArtifactStore, threads: usize, len: usize, rounds: usize) {
    let contents: Vec<_> = (0..rounds)
        .map(|round| content(&format!("race {round}"), len))
        .collect();
    let begin = Barrier::new(threads);
    let stores: Vec<_> = (0..threads).map(|_| make()).collect();
    thread::scope(|scope| {
        for store in &stores {
            scope.spawn(|| {
                for (digest, bytes) in &contents {
                    begin.wait();
                    store.put(*digest, bytes.clone()).expect("a write in a race");
                    let read = store.get(*digest, &"it").expect("a read in a race");
                    assert!(read == *bytes, "a reader saw half an object");
                }
            });
        }
    });
    let store = make();
    for (digest, bytes) in contents {
        let read = store.get(digest, &"it").expect("a read after a race");
        assert!(read == bytes, "a race damaged the object");
        store.delete(digest).expect("a removal");
    }
}

pub(super) fn threads_race_on_many_objects(make: &dyn Fn() -> ArtifactStore) {
    let store = make();
    // Every thread writes twenty, and the later half of them is the next thread's earlier half.
    let many = |thread: usize| (0..20).map(move |i| content("many", 3_000 + thread * 10 + i));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let store = &store;
            scope.spawn(move || {
                for (digest, bytes) in many(thread) {
                    store.put(digest, bytes.clone()).expect("a write among many");
                    let read = store.get(digest, &"it").expect("a read among many");
                    assert!(read == bytes, "objects were confused");
                }
            });
        }
    });
    for (digest, _) in (0..THREADS).flat_map(many) {
        store.delete(digest).expect("a removal");
    }
}
