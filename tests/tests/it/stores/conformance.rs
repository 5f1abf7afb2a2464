//! Every store keeps what all promise.

use std::sync::Arc;

use object_store::memory::InMemory;
use object_store::prefix::PrefixStore;
use zen_core::artifact::ArtifactStore;
use zen_core::testing::{FaultyStore, artifact_store_conformance};

use zen_tests::stores::{Azurite, Weed};

#[test]
fn folders() {
    for fsync in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        artifact_store_conformance(&|| ArtifactStore::folder(folder.path(), fsync).unwrap());
    }
}

#[test]
fn memory() {
    let store = ArtifactStore::in_memory();
    artifact_store_conformance(&|| store.clone());
}

/// As the clouds are used: parts, ranges, a runtime of its own.
#[test]
fn memory_as_if_behind_a_network() {
    let objects = Arc::new(InMemory::new());
    artifact_store_conformance(&|| ArtifactStore::over_network("memory://far", objects.clone()).unwrap());
}

#[test]
fn wrappers() {
    let faulty = FaultyStore::new(Arc::new(InMemory::new()));
    let store = ArtifactStore::over("memory://wrapped", Arc::new(PrefixStore::new(faulty, "deep/er")));
    artifact_store_conformance(&|| store.clone());
}

#[test]
fn s3_by_seaweedfs() {
    let Some(weed) = Weed::shared() else { return };
    let url = weed.url("conformance");
    artifact_store_conformance(&|| weed.store(&format!("{url}/some/prefix")));
    // Without a prefix, and by another name of the scheme.
    let url = url.replace("s3://", "s3a://");
    let store = weed.store(&format!("{url}/"));
    assert_eq!(store.url(), "s3://conformance");
    artifact_store_conformance(&|| store.clone());
}

#[test]
fn azure_by_azurite() {
    let Some(azurite) = Azurite::shared() else { return };
    let url = azurite.url("conformance");
    artifact_store_conformance(&|| azurite.store(&format!("{url}/some/prefix")));
}
