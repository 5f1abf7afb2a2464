//! The conformance suite of artifact stores.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;

use bytes::Bytes;

use crate::artifact::{ArtifactError, ArtifactStore, Digest};

/// Checks that a store keeps what [`ArtifactStore`] promises, over any `object_store`: run it on a store of your own. `make` opens the
/// store; when it is called twice, both see the same objects. The store may hold objects already; those of the suite are
/// removed.
///
/// # Panics
/// When the store breaks a promise; the message says which.
pub fn artifact_store_conformance(make: &dyn Fn() -> ArtifactStore) {
    what_was_written_is_read(make());
    missing_is_said(&make());
    a_second_write_changes_nothing(&make());
    another_handle_sees_it(make);
    sizes_from_nothing_to_large(&make());
    racing_writers_all_succeed(&make());
    deleting_is_repeatable(&make());
    uris_are_distinct(&make());
}

fn content(seed: &str, len: usize) -> (Digest, Bytes) {
    let bytes: Vec<u8> = seed
        .bytes()
        .cycle()
        .take(len)
        .enumerate()
        .map(|(i, b)| b ^ (i >> 8) as u8)
        .collect();
    (Digest::of(&bytes), bytes.into())
}

fn what_was_written_is_read(store: ArtifactStore) {
    let (digest, bytes) = content("round trip", 1000);
    store.put(digest, bytes.clone()).expect("a write");
    assert_eq!(
        store.get(digest, &"it").expect("a read"),
        bytes,
        "the bytes read differ from those written"
    );
    assert_eq!(
        store.size(digest).expect("a look"),
        Some(1000),
        "the size differs"
    );
    store.delete(digest).expect("a removal");
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
        let (digest, bytes) = content("sizes", len);
        store.put(digest, bytes.clone()).expect("a write");
        assert_eq!(store.get(digest, &"it").expect("a read").len(), len);
        assert_eq!(store.size(digest).expect("a look"), Some(len as u64));
        store.delete(digest).expect("a removal");
    }
}

fn racing_writers_all_succeed(store: &ArtifactStore) {
    let (digest, bytes) = content("race", 100_000);
    let store = Arc::new(store.clone());
    thread::scope(|scope| {
        for _ in 0..8 {
            let (store, bytes) = (Arc::clone(&store), bytes.clone());
            scope.spawn(move || {
                store.put(digest, bytes.clone()).expect("a write in a race");
                assert_eq!(
                    store.get(digest, &"it").expect("a read in a race"),
                    bytes,
                    "a reader saw half an object"
                );
            });
        }
    });
    store.delete(digest).expect("a removal");
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
