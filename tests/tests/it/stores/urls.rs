//! What URLs of stores say, and what they must not.

use zen_core::artifact::{ArtifactError, ArtifactStore, StoreUrl};
use zen_core::prelude::*;
use zen_core::stack::StackError;

#[test]
fn one_place_has_one_url() {
    for (given, kept) in [
        ("s3://bucket", "s3://bucket"),
        ("s3a://bucket/", "s3://bucket"),
        ("s3://bucket/some/prefix/", "s3://bucket/some/prefix"),
        ("gs://b.example.org/p", "gs://b.example.org/p"),
        ("az://container/p", "az://container/p"),
        ("azure://$web/p", "az://$web/p"),
        ("abfs://container", "az://container"),
        (
            "abfss://c@account.dfs.core.windows.net/p",
            "abfss://c@account.dfs.core.windows.net/p",
        ),
        ("memory://", "memory://"),
        ("/some/folder", "file:///some/folder"),
    ] {
        let url = StoreUrl::parse(given).unwrap();
        assert_eq!(url.to_string(), kept);
        assert_eq!(
            StoreUrl::parse(kept).unwrap(),
            url,
            "what is recorded names the same place"
        );
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (url, reason) in [
        ("", "empty"),
        ("file://relative", "absolute path"),
        ("ftp://host", "known schemes"),
        ("s3://", "names no bucket"),
        ("s3:///prefix", "names no bucket"),
        ("s3://no spaces", "names no bucket"),
        ("gs://bucket/../up", "`..`"),
        ("az://container/a//b", "none is empty"),
        ("s3://bucket/a%2Fb", "letters, digits"),
    ] {
        let error = StoreUrl::parse(url).unwrap_err().to_string();
        assert!(error.contains(reason), "{url}: {error}");
    }
}

#[test]
fn credentials_in_urls_are_refused_and_not_repeated() {
    for url in [
        "s3://AKIA:HIDDEN@bucket/prefix",
        "s3://HIDDEN@bucket",
        "s3://AKIA:HID/XDEN@bucket/prefix",
        "s3://bucket/HIDDEN@prefix",
        "s3://bucket/prefix?X-Amz-Signature=HIDDEN",
        "gs://bucket?token=HIDDEN",
        "gs://bucket#HIDDEN",
        "az://account:HIDDEN@container/p",
        "az://container/p?sv=2022-11-02&sig=HIDDEN",
        "az://c:HIDDEN@account.dfs.core.windows.net/p",
        "az://c@account.dfs.core.windows.net/p?sig=HIDDEN",
        "az://c@HIDDEN.example.org/p",
        "file://user:HIDDEN@host/folder",
        "ftp://user:HIDDEN@host",
        "https://account.blob.core.windows.net/c?sig=HIDDEN",
    ] {
        let builder = Stack::builder().artifacts_url(url);
        let shown = format!("{builder:?}");
        let error = builder.build().unwrap_err();
        assert!(
            matches!(error, StackError::Artifacts(ArtifactError::Url { .. })),
            "{url}: {error:?}"
        );
        let shown = format!("{shown} {error} {error:?} {:?}", ArtifactStore::open(url));
        assert!(
            !shown.contains("HID") && !shown.contains("XDEN"),
            "{url}: {shown}"
        );
        if !url.starts_with('f') && !url.starts_with("https") {
            assert!(shown.contains("belong into the environment"), "{url}: {shown}");
        }
    }
}

#[test]
fn of_two_ways_to_name_the_store_the_last_one_counts() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("elsewhere").display().to_string();
    let builder = || Stack::builder().home(folder.path().join(".zen"));
    let store = |stack: Stack| stack.artifacts().url().to_owned();
    let first = builder().artifacts(ArtifactStore::in_memory()).artifacts_url(&at);
    assert!(store(first.build().unwrap()).ends_with("/elsewhere"));
    let last = builder().artifacts_url(&at).artifacts(ArtifactStore::in_memory());
    assert_eq!(store(last.build().unwrap()), "memory://");
}
