//! The conformance suite of artifact stores.

mod damage;
mod large;
mod racing;

use std::collections::HashSet;

use bytes::Bytes;

use crate::artifact::{ArtifactError, ArtifactStore, Digest};

/// Checks that a store keeps what [`ArtifactStore`] promises, over any `object_store`: run it on a store of your own. `make` opens the
/// store; when it is called twice, both see the same objects. The store may hold objects already; those of the suite are
/// removed. It writes about 200 MB, at most 60 at a time.
///
/// ```
/// use zen_core::artifact::ArtifactStore;
/// use zen_core::testing::artifact_store_conformance;
///
/// let store = ArtifactStore::in_memory();
/// artifact_store_conformance(&|| store.clone());
/// ```
///
/// # Panics
/// When the store breaks a promise; the message says which.
pub fn artifact_store_conformance(make: &dyn Fn() -> ArtifactStore) {
    what_was_written_is_read(&make());
    missing_is_said(&make());
    a_second_write_changes_nothing(&make());
    another_handle_sees_it(make);
    sizes_from_nothing_to_large(&make());
    threads_of_runtimes_may_ask(&make());
    deleting_is_repeatable(&make());
    uris_are_distinct(&make());
    damage::truncated_objects_are_noticed_and_replaced(&make());
    damage::wrong_bytes_are_noticed_and_replaced(&make());
    racing::threads_race_on_one_object(make);
    racing::threads_race_on_many_objects(make);
    large::sizes_around_parts(&make());
    large::a_large_object_is_written_once(&make());
    racing::two_write_one_large_object(make);
}

/// Bytes that differ in every block, so that one that is lost, doubled or misplaced is noticed.
fn content(seed: &str, len: usize) -> (Digest, Bytes) {
    const BLOCK: usize = 4096;
    let mut bytes: Vec<u8> = seed.bytes().cycle().take(BLOCK.min(len)).collect();
    while bytes.len() < len {
        let more = BLOCK.min(len - bytes.len());
        let count = (bytes.len() / BLOCK).to_le_bytes();
        bytes.extend_from_within(..more);
        let start = bytes.len() - more;
        for (byte, count) in bytes.iter_mut().skip(start).zip(count) {
            *byte ^= count;
        }
    }
    (Digest::of(&bytes), bytes.into())
}

/// Writes, reads and compares, and looks at the size.
#[track_caller]
fn round_trip(store: &ArtifactStore, seed: &str, len: usize) {
    let (digest, bytes) = content(seed, len);
    store.put(digest, bytes.clone()).expect("a write");
    let read = store.get(digest, &"it").expect("a read");
    assert!(
        read == bytes,
        "the {len} bytes written and the {} read differ",
        read.len()
    );
    let size = store.size(digest).expect("a look");
    assert_eq!(size, Some(len as u64), "the size differs");
    store.delete(digest).expect("a removal");
}

fn what_was_written_is_read(store: &ArtifactStore) {
    round_trip(store, "round trip", 1000);
}

fn missing_is_said(store: &ArtifactStore) {
    let (digest, _) = content("never written", 10);
    assert_eq!(
        store.size(digest).expect("a look"),
        None,
        "an object that was never written has a size"
    );
    match store.get(digest, &"the thing") {
        Err(ArtifactError::Missing { what, uri }) => {
            assert_eq!(what, "the thing");
            assert!(
                uri.contains(&digest.to_string()[2..]),
                "`{uri}` doesn't say where the object should be"
            );
        }
        other => panic!("reading a missing object gave {other:?}"),
    }
}

fn a_second_write_changes_nothing(store: &ArtifactStore) {
    let (digest, bytes) = content("twice", 300);
    store.put(digest, bytes.clone()).expect("a first write");
    store
        .put(digest, bytes.clone())
        .expect("a second write of the same");
    assert_eq!(store.get(digest, &"it").expect("a read"), bytes);
    store.replace(digest, bytes.clone()).expect("a replacement");
    assert_eq!(store.get(digest, &"it").expect("a read"), bytes);
    store.delete(digest).expect("a removal");
}

fn another_handle_sees_it(make: &dyn Fn() -> ArtifactStore) {
    let (digest, bytes) = content("shared", 40);
    make().put(digest, bytes.clone()).expect("a write");
    assert_eq!(
        make().get(digest, &"it").expect("a read by another handle"),
        bytes
    );
    make().delete(digest).expect("a removal");
}

fn sizes_from_nothing_to_large(store: &ArtifactStore) {
    for len in [0, 1, 4095, 4096, 4097, 3 << 20] {
        round_trip(store, "sizes", len);
    }
}

/// A step may be asynchronous, and a program's main function is.
fn threads_of_runtimes_may_ask(store: &ArtifactStore) {
    use tokio::runtime::Builder;
    let runtimes = [
        Builder::new_current_thread().enable_all().build(),
        Builder::new_multi_thread().worker_threads(2).build(),
    ];
    for runtime in runtimes {
        let runtime = runtime.expect("a runtime starts");
        runtime.block_on(async { round_trip(store, "inside a runtime", 20_000) });
        let store = store.clone();
        let task = runtime.spawn(async move {
            // More than what tokio lets one task do before another has its turn.
            for i in 0..200 {
                round_trip(&store, "inside a task", i);
            }
        });
        runtime.block_on(task).expect("a task may block its thread");
    }
}

fn deleting_is_repeatable(store: &ArtifactStore) {
    let (digest, bytes) = content("gone", 10);
    store.put(digest, bytes).expect("a write");
    store.delete(digest).expect("a removal");
    store.delete(digest).expect("a removal of what is gone");
    assert_eq!(
        store.size(digest).expect("a look"),
        None,
        "a removed object is still there"
    );
}

fn uris_are_distinct(store: &ArtifactStore) {
    let uris: HashSet<_> = (0..100).map(|i| store.uri(Digest::of(&[i]))).collect();
    assert_eq!(uris.len(), 100, "two objects share a place");
    assert!(
        uris.iter().all(|uri| uri.starts_with(store.url())),
        "an object's place is outside the store"
    );
}
