//! Objects that are not what was written.

use bytes::Bytes;

use super::content;
use crate::artifact::{ArtifactError, ArtifactStore, Digest};

/// Puts bytes where an object with another content should be.
fn damage(store: &ArtifactStore, digest: Digest, bytes: Bytes) {
    store.replace(digest, bytes).expect("a replacement");
    match store.get(digest, &"the thing") {
        Err(ArtifactError::Damaged {
            what,
            expected,
            found,
            ..
        }) => {
            assert_eq!(
                (what.as_str(), expected),
                ("the thing", digest),
                "the error names another object"
            );
            assert_ne!(found, expected, "the error doesn't say what was found");
        }
        Ok(_) => panic!("damaged bytes were read without an error"),
        Err(other) => panic!("reading damaged bytes gave {other:?}"),
    }
}

pub(super) fn truncated_objects_are_noticed_and_replaced(store: &ArtifactStore) {
    for len in [2_000, 17 << 20] {
        let (digest, bytes) = content("truncated", len);
        for left in [0, len / 2, len - 1] {
            damage(store, digest, bytes.slice(..left));
        }
        store
            .put(digest, bytes.clone())
            .expect("a write over a truncated object");
        let read = store.get(digest, &"it").expect("a read of what was replaced");
        assert!(read == bytes, "a truncated object was not replaced");
        store.delete(digest).expect("a removal");
    }
}

pub(super) fn wrong_bytes_are_noticed_and_replaced(store: &ArtifactStore) {
    for len in [2_000, 17 << 20] {
        let (digest, bytes) = content("right", len);
        let mut wrong = bytes.to_vec();
        if let Some(last) = wrong.last_mut() {
            *last ^= 1;
        }
        damage(store, digest, wrong.into());
        store.replace(digest, bytes.clone()).expect("a replacement");
        let read = store.get(digest, &"it").expect("a read of what was replaced");
        assert!(read == bytes, "a damaged object was not replaced");
        store.delete(digest).expect("a removal");
    }
}
