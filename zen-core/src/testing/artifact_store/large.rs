//! Objects that some stores take in parts.

use super::{content, round_trip};
use crate::artifact::ArtifactStore;

/// Parts and ranges usually are multiples of a MiB.
pub(super) fn sizes_around_parts(store: &ArtifactStore) {
    const MIB: usize = 1 << 20;
    for len in [
        5 * MIB,
        8 * MIB - 1,
        8 * MIB + 1,
        16 * MIB,
        16 * MIB + 1,
        24 * MIB - 1,
        24 * MIB,
        40_000_001,
    ] {
        round_trip(store, "parts", len);
    }
}

pub(super) fn a_large_object_is_written_once(store: &ArtifactStore) {
    let (digest, bytes) = content("large and twice", 18_000_000);
    for _ in 0..2 {
        store.put(digest, bytes.clone()).expect("a write");
        let read = store.get(digest, &"it").expect("a read");
        assert!(read == bytes, "a large object changed");
    }
    store.delete(digest).expect("a removal");
    store.delete(digest).expect("a removal of what is gone");
    assert_eq!(
        store.size(digest).expect("a look"),
        None,
        "a removed object is still there"
    );
}
