//! Artifact versions and inline objects.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Check;
use super::samples::{apply, artifact, digest, id, made, ok, some};
use crate::artifact::Statistics;
use crate::metadata::{ArtifactFilter, ArtifactRecord, Change, MetadataStore};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "an_artifact_comes_back_as_it_was_written",
        an_artifact_comes_back_as_it_was_written,
    ),
    (
        "versions_are_numbered_within_their_name",
        versions_are_numbered_within_their_name,
    ),
    (
        "an_artifact_that_exists_is_ignored",
        an_artifact_that_exists_is_ignored,
    ),
    (
        "artifacts_are_filtered_and_newest_first",
        artifacts_are_filtered_and_newest_first,
    ),
    ("artifacts_are_paged", artifacts_are_paged),
    ("artifact_names_are_sorted", artifact_names_are_sorted),
    (
        "an_object_is_kept_until_replaced",
        an_object_is_kept_until_replaced,
    ),
];

fn an_artifact_comes_back_as_it_was_written(store: &dyn MetadataStore) {
    let mut full = artifact("full");
    let mut bare = ArtifactRecord {
        size: u64::MAX,
        uri: "file:///store/objects/ab".to_owned(),
        shape: None,
        summary: None,
        statistics: None,
        producer_step: None,
        producer_run: None,
        tags: Vec::new(),
        metadata: BTreeMap::new(),
        ..artifact("bare")
    };
    let mut odd = ArtifactRecord {
        size: 0,
        uri: format!("inline:{}", digest("of other bytes")),
        shape: Some(Vec::new()),
        statistics: Some(Statistics::default()),
        ..artifact("odd")
    };
    apply(store, &[&full, &bare, &odd].map(made));
    for written in [&mut full, &mut bare, &mut odd] {
        written.number = 1;
        assert_eq!(
            some(store.artifact(written.id), "artifact"),
            *written,
            "an artifact comes back changed"
        );
        let version = some(store.artifact_version(&written.name, Some(1)), "artifact_version");
        assert_eq!(version, *written, "an artifact found by number differs");
    }
    assert_eq!(
        ok(store.artifacts(&ArtifactFilter::default()), "artifacts"),
        [odd, bare, full],
        "the list differs"
    );
    assert_eq!(
        ok(store.artifact(id()), "artifact"),
        None,
        "an artifact nobody recorded is found"
    );
}

fn versions_are_numbered_within_their_name(store: &dyn MetadataStore) {
    let written = ["a", "b", "a", "a", "b"].map(|name| ArtifactRecord {
        number: 77,
        ..artifact(name)
    });
    apply(store, &written[..2].iter().map(made).collect::<Vec<_>>());
    apply(store, &written[2..].iter().map(made).collect::<Vec<_>>());
    for (artifact, number) in written.iter().zip([1, 1, 2, 3, 2]) {
        let found = some(
            store.artifact_version(&artifact.name, Some(number)),
            "artifact_version",
        );
        assert_eq!(
            found,
            ArtifactRecord {
                number,
                ..artifact.clone()
            },
            "a version has another number"
        );
    }
    for (name, newest) in [("a", 3), ("b", 2)] {
        let found = some(store.artifact_version(name, None), "artifact_version");
        assert_eq!(
            found.number, newest,
            "the newest version of `{name}` is another one"
        );
    }
    for (name, number) in [
        ("a", Some(0)),
        ("a", Some(4)),
        ("a", Some(u32::MAX)),
        ("c", None),
        ("c", Some(1)),
    ] {
        let found = ok(store.artifact_version(name, number), "artifact_version");
        assert_eq!(found, None, "version {number:?} of `{name}` exists");
    }
}

fn an_artifact_that_exists_is_ignored(store: &dyn MetadataStore) {
    let first = artifact("a");
    let again = ArtifactRecord {
        size: 999,
        ..first.clone()
    };
    let renamed = ArtifactRecord {
        name: "b".to_owned(),
        ..first.clone()
    };
    apply(store, &[made(&first), made(&again)]);
    apply(store, &[made(&renamed)]);
    let expected = ArtifactRecord { number: 1, ..first };
    assert_eq!(
        some(store.artifact(expected.id), "artifact"),
        expected,
        "an artifact was changed by recording it again"
    );
    assert_eq!(
        ok(store.artifact_names(), "artifact_names"),
        ["a"],
        "an artifact that was ignored left its name"
    );
    let second = artifact("a");
    apply(store, &[made(&second)]);
    assert_eq!(
        some(store.artifact(second.id), "artifact").number,
        2,
        "an artifact that was ignored used up a number"
    );
}

/// Versions of three names, of two runs and three steps; oldest first.
fn several(store: &dyn MetadataStore) -> Vec<ArtifactRecord> {
    let (runs, steps) = ([id(), id()], [id(), id(), id()]);
    let all: Vec<_> = (0..30_usize)
        .map(|n| ArtifactRecord {
            producer_run: (n % 5 != 0).then_some(runs[n % 2]),
            producer_step: (n % 5 != 0).then_some(steps[n % 3]),
            ..artifact(["x", "y", "z"][n / 2 % 3])
        })
        .collect();
    apply(store, &all.iter().map(made).collect::<Vec<_>>());
    all
}

fn ids(store: &dyn MetadataStore, filter: &ArtifactFilter) -> Vec<Uuid> {
    ok(store.artifacts(filter), "artifacts")
        .iter()
        .map(|artifact| artifact.id)
        .collect()
}

/// Every combination of filters, with one that fits nothing for each.
fn filters(all: &[ArtifactRecord]) -> Vec<ArtifactFilter> {
    let some = &all[7];
    let mut filters = Vec::new();
    for name in [None, Some(some.name.clone()), Some("unknown".to_owned())] {
        for run in [None, some.producer_run, Some(id())] {
            for step in [None, some.producer_step, Some(id())] {
                for newest_only in [false, true] {
                    filters.push(ArtifactFilter {
                        name: name.clone(),
                        run,
                        step,
                        newest_only,
                        ..ArtifactFilter::default()
                    });
                }
            }
        }
    }
    filters
}

fn artifacts_are_filtered_and_newest_first(store: &dyn MetadataStore) {
    let all = several(store);
    for filter in filters(&all) {
        let expected: Vec<_> = all
            .iter()
            .rev()
            .filter(|a| filter.name.as_ref().is_none_or(|name| a.name == *name))
            .filter(|a| filter.run.is_none() || a.producer_run == filter.run)
            .filter(|a| filter.step.is_none() || a.producer_step == filter.step)
            .filter(|a| {
                !filter.newest_only
                    || all
                        .iter()
                        .rfind(|b| b.name == a.name)
                        .is_some_and(|b| b.id == a.id)
            })
            .map(|a| a.id)
            .collect();
        assert_eq!(ids(store, &filter), expected, "wrong artifacts for {filter:?}");
    }
}

fn artifacts_are_paged(store: &dyn MetadataStore) {
    for all in filters(&several(store)) {
        let mut page = ArtifactFilter {
            limit: Some(2),
            ..all.clone()
        };
        let mut seen = Vec::new();
        loop {
            let next = ids(store, &page);
            assert!(next.len() <= 2, "a page is longer than its limit");
            let Some(last) = next.last() else { break };
            page.before = Some(*last);
            seen.extend(next);
        }
        assert_eq!(
            seen,
            ids(store, &all),
            "the pages differ from the whole list for {all:?}"
        );
    }
    let none = ArtifactFilter {
        limit: Some(0),
        ..ArtifactFilter::default()
    };
    assert!(ids(store, &none).is_empty(), "a limit of 0 gives artifacts");
}

fn artifact_names_are_sorted(store: &dyn MetadataStore) {
    apply(
        store,
        &["b", "ä", "a", "B", "a", "a.b"].map(|name| made(&artifact(name))),
    );
    let names = ok(store.artifact_names(), "artifact_names");
    assert_eq!(
        names,
        ["B", "a", "a.b", "b", "ä"],
        "names are not sorted as Rust sorts strings, or not once each"
    );
}

fn an_object_is_kept_until_replaced(store: &dyn MetadataStore) {
    let (one, empty, large) = (digest("one"), digest("empty"), digest("large"));
    let megabyte: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let object = |digest, bytes: &[u8]| Change::Object {
        digest,
        bytes: bytes.to_vec(),
    };
    apply(
        store,
        &[
            object(one, b"one\0"),
            object(empty, b""),
            object(large, &megabyte),
        ],
    );
    apply(store, &[object(one, b"damaged")]);
    let found = |digest| ok(store.object(digest), "object");
    assert_eq!(
        found(one).as_deref(),
        Some(&b"one\0"[..]),
        "an object that was there has been changed"
    );
    assert_eq!(
        found(empty).as_deref(),
        Some(&b""[..]),
        "an empty object does not come back"
    );
    assert!(found(large) == Some(megabyte), "a megabyte does not come back");
    assert_eq!(
        found(digest("unknown")),
        None,
        "an object nobody recorded is found"
    );
    apply(
        store,
        &[Change::ReplaceObject {
            digest: one,
            bytes: b"mended".to_vec(),
        }],
    );
    assert_eq!(
        found(one).as_deref(),
        Some(&b"mended"[..]),
        "an object was not replaced"
    );
    assert_eq!(
        found(empty).as_deref(),
        Some(&b""[..]),
        "another object was replaced"
    );
}
