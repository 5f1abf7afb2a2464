//! Finding the step whose outputs may be adopted.

use chrono::TimeDelta;
use uuid::Uuid;

use super::Check;
use super::samples::{apply, artifact, digest, edge, made, ok, recorded, some, start, step, time};
use crate::artifact::Digest;
use crate::metadata::{ArtifactRecord, CachedOutput, CachedStep, Change, MetadataStore, Status, StepRecord};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "a_cached_step_has_its_outputs_in_order",
        a_cached_step_has_its_outputs_in_order,
    ),
    (
        "the_newest_completed_step_is_found",
        the_newest_completed_step_is_found,
    ),
    (
        "a_run_does_not_find_its_own_steps",
        a_run_does_not_find_its_own_steps,
    ),
    ("only_completed_steps_are_found", only_completed_steps_are_found),
    ("an_expired_step_is_not_found", an_expired_step_is_not_found),
    (
        "a_step_that_changes_is_found_no_longer",
        a_step_that_changes_is_found_no_longer,
    ),
];

fn found(store: &dyn MetadataStore, key: Digest) -> Option<Uuid> {
    ok(store.find_cached(key, time(0), None), "find_cached").map(|cached| cached.step)
}

fn a_cached_step_has_its_outputs_in_order(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let small = ArtifactRecord {
        number: 1,
        ..artifact("small")
    };
    let large = ArtifactRecord {
        number: 1,
        uri: "file:///store/objects/ab".to_owned(),
        ..artifact("large")
    };
    let read = artifact("read");
    let key = digest("with outputs");
    let step = StepRecord {
        cache_key: Some(key),
        inputs: vec![edge("x", &read)],
        outputs: vec![
            edge("small", &small),
            edge("large", &large),
            edge("again", &small),
        ],
        ..step(run.id, "s")
    };
    let bytes = b"bytes".to_vec();
    let object = Change::Object {
        digest: small.digest,
        bytes: bytes.clone(),
    };
    apply(
        store,
        &[object, made(&small), made(&large), made(&read), recorded(&step)],
    );
    let output = |name: &str, artifact: &ArtifactRecord, inline: Option<&Vec<u8>>| CachedOutput {
        name: name.to_owned(),
        artifact: artifact.clone(),
        inline: inline.cloned(),
    };
    let expected = CachedStep {
        step: step.id,
        run: run.id,
        outputs: vec![
            output("small", &small, Some(&bytes)),
            output("large", &large, None),
            output("again", &small, Some(&bytes)),
        ],
    };
    assert_eq!(
        some(store.find_cached(key, time(0), None), "find_cached"),
        expected,
        "the cached step is another one"
    );

    let none = digest("without outputs");
    let step = StepRecord {
        cache_key: Some(none),
        ..self::step(run.id, "t")
    };
    apply(store, &[recorded(&step)]);
    let expected = CachedStep {
        step: step.id,
        run: run.id,
        outputs: Vec::new(),
    };
    assert_eq!(
        some(store.find_cached(none, time(0), None), "find_cached"),
        expected,
        "a step without outputs differs"
    );
    assert_eq!(
        found(store, digest("unknown")),
        None,
        "a key nobody recorded is found"
    );
}

fn a_run_does_not_find_its_own_steps(store: &dyn MetadataStore) {
    let key = digest("twice");
    let keyed = |run: Uuid, name: &str| StepRecord {
        cache_key: Some(key),
        ..step(run, name)
    };
    let (older, newer) = (start(store, "p"), start(store, "p"));
    let (first, second) = (keyed(older.id, "s"), keyed(newer.id, "s"));
    apply(store, &[recorded(&first), recorded(&second)]);
    let find =
        |not_of| ok(store.find_cached(key, time(0), Some(not_of)), "find_cached").map(|cached| cached.step);
    assert_eq!(
        find(newer.id),
        Some(first.id),
        "the run's own step hides an older one"
    );
    assert_eq!(find(older.id), Some(second.id), "the newer step is not found");
}

fn the_newest_completed_step_is_found(store: &dyn MetadataStore) {
    let key = digest("key");
    let mut last = None;
    for _ in 0..5 {
        let run = start(store, "p");
        let step = StepRecord {
            cache_key: Some(key),
            ..step(run.id, "s")
        };
        let other = StepRecord {
            cache_key: Some(digest("other")),
            ..self::step(run.id, "t")
        };
        apply(store, &[recorded(&step), recorded(&other)]);
        assert_eq!(found(store, key), Some(step.id), "the newest step is not found");
        last = Some(step);
    }
    // Looking like another digest for half of it is not enough.
    let mut bytes = *key.as_bytes();
    bytes[31] ^= 1;
    assert_eq!(
        found(store, Digest::from_bytes(bytes)),
        None,
        "a key that differs in one bit is found"
    );
    let near = last.map(|step| StepRecord {
        cache_key: Some(Digest::from_bytes(bytes)),
        ..step
    });
    apply(store, &near.iter().map(recorded).collect::<Vec<_>>());
    assert_ne!(
        found(store, key),
        near.as_ref().map(|step| step.id),
        "a step is found by the key it had before"
    );
    assert_eq!(
        found(store, Digest::from_bytes(bytes)),
        near.map(|step| step.id),
        "its new key is not found"
    );
}

fn only_completed_steps_are_found(store: &dyn MetadataStore) {
    let run = start(store, "p");
    for status in Status::ALL {
        let key = digest(status.as_str());
        apply(
            store,
            &[recorded(&StepRecord {
                status,
                cache_key: Some(key),
                ..step(run.id, status.as_str())
            })],
        );
        let expected = status == Status::Completed;
        assert_eq!(
            found(store, key).is_some(),
            expected,
            "a step that is {status} must not be adopted"
        );
    }
    // A hit leaves the step that was executed as the one to adopt.
    let executed = found(store, digest("completed"));
    let hit = StepRecord {
        status: Status::Cached,
        cache_key: Some(digest("completed")),
        ..step(run.id, "hit")
    };
    apply(store, &[recorded(&hit)]);
    assert_eq!(
        found(store, digest("completed")),
        executed,
        "a newer hit hides the step that was executed"
    );
}

fn an_expired_step_is_not_found(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let key = digest("key");
    let at = |micros| ok(store.find_cached(key, time(micros), None), "find_cached").map(|cached| cached.step);
    let [forever, long, short] = [None, Some(2_000), Some(1_000)].map(|expires| StepRecord {
        cache_key: Some(key),
        expires: expires.map(time),
        ..step(run.id, &format!("{expires:?}"))
    });
    apply(store, &[recorded(&long), recorded(&short)]);
    assert_eq!(at(999), Some(short.id), "a step is not found before it expires");
    assert_eq!(
        at(1_000),
        Some(long.id),
        "a step is found when it expires, or hides an older one that is valid"
    );
    assert_eq!(at(2_000), None, "an expired step is found");
    let years = ok(
        store.find_cached(key, time(0) + TimeDelta::days(40_000), None),
        "find_cached",
    );
    assert_eq!(years, None, "an expired step is found after a hundred years");
    apply(store, &[recorded(&forever)]);
    assert_eq!(
        at(i64::from(u32::MAX)),
        Some(forever.id),
        "a step that never expires has expired"
    );
}

fn a_step_that_changes_is_found_no_longer(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let key = digest("key");
    let mut step = StepRecord {
        status: Status::Running,
        cache_key: Some(key),
        ..step(run.id, "s")
    };
    for (status, expected) in [
        (Status::Running, false),
        (Status::Retrying, false),
        (Status::Completed, true),
        (Status::Failed, false),
        (Status::Completed, true),
    ] {
        step.status = status;
        apply(store, &[recorded(&step)]);
        assert_eq!(
            found(store, key).is_some(),
            expected,
            "wrong after the step became {status}"
        );
    }
}
