//! Steps and their edges.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use super::Check;
use super::samples::{apply, artifact, edge, id, made, ok, recorded, some, start, step};
use crate::metadata::{ArtifactRecord, Edge, MetadataStore, Status, StepRecord};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "a_step_comes_back_as_it_was_written",
        a_step_comes_back_as_it_was_written,
    ),
    (
        "a_step_is_replaced_with_its_edges",
        a_step_is_replaced_with_its_edges,
    ),
    (
        "steps_stay_in_the_order_they_were_first_recorded",
        steps_stay_in_the_order_they_were_first_recorded,
    ),
    (
        "thousands_of_steps_keep_their_edges",
        thousands_of_steps_keep_their_edges,
    ),
    (
        "a_step_is_found_by_its_name_in_the_run",
        a_step_is_found_by_its_name_in_the_run,
    ),
    (
        "the_step_before_is_the_newest_of_older_runs",
        the_step_before_is_the_newest_of_older_runs,
    ),
    (
        "consumers_are_the_steps_that_read",
        consumers_are_the_steps_that_read,
    ),
];

fn artifacts<const N: usize>(store: &dyn MetadataStore) -> [ArtifactRecord; N] {
    let made_now = std::array::from_fn(|_| artifact("a"));
    apply(store, &made_now.each_ref().map(made));
    made_now
}

fn a_step_comes_back_as_it_was_written(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let [a, b] = artifacts(store);
    let mut full = step(run.id, "full");
    full.inputs = vec![
        Edge {
            element: Some(0),
            ..edge("x", &a)
        },
        Edge {
            element: Some(u64::MAX),
            ..edge("x", &a)
        },
        edge("y", &b),
    ];
    full.outputs = vec![edge("y", &b), edge("a", &a)];
    let bare = StepRecord {
        status: Status::Queued,
        attempt: 0,
        cache_key: None,
        key_fields: Vec::new(),
        cache_note: None,
        source_step: None,
        source_run: None,
        expires: None,
        parameters: Value::Null,
        started: None,
        ended: None,
        error: None,
        metadata: BTreeMap::new(),
        ..step(run.id, "bare")
    };
    apply(store, &[recorded(&full), recorded(&bare)]);
    for written in [&full, &bare] {
        assert_eq!(
            some(store.step(written.id), "step"),
            *written,
            "a step does not come back as it was written"
        );
        let named = some(store.step_named(run.id, &written.name), "step_named");
        assert_eq!(named, *written, "a step found by name differs");
    }
    assert_eq!(
        ok(store.steps(run.id), "steps"),
        [full, bare],
        "the steps of the run differ"
    );
    assert_eq!(
        ok(store.step(id()), "step"),
        None,
        "a step nobody recorded is found"
    );
    assert!(
        ok(store.steps(id()), "steps").is_empty(),
        "a run nobody recorded has steps"
    );
    for status in Status::ALL {
        let step = StepRecord {
            status,
            ..step(run.id, status.as_str())
        };
        apply(store, &[recorded(&step)]);
        assert_eq!(
            some(store.step(step.id), "step").status,
            status,
            "a status does not come back"
        );
    }
}

fn a_step_is_replaced_with_its_edges(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let [a, b, c] = artifacts(store);
    let first = StepRecord {
        inputs: vec![edge("x", &a), edge("y", &b)],
        ..step(run.id, "s")
    };
    let more = StepRecord {
        status: Status::Failed,
        attempt: 7,
        cache_key: None,
        parameters: Value::Null,
        error: None,
        metadata: BTreeMap::new(),
        inputs: vec![edge("x", &a), edge("renamed", &b), edge("z", &c)],
        outputs: vec![edge("output", &c)],
        ..first.clone()
    };
    let swapped = StepRecord {
        inputs: vec![
            edge("x", &b),
            Edge {
                element: Some(1),
                ..edge("y", &a)
            },
        ],
        ..more.clone()
    };
    let fewer = StepRecord {
        inputs: vec![edge("y", &a)],
        outputs: Vec::new(),
        ..first.clone()
    };
    let none = StepRecord {
        inputs: Vec::new(),
        ..fewer.clone()
    };
    for version in [&first, &first, &more, &swapped, &fewer, &none, &first] {
        apply(store, &[recorded(version)]);
        assert_eq!(
            some(store.step(first.id), "step"),
            *version,
            "a step was not replaced by what was written last"
        );
        for artifact in [&a, &b, &c] {
            let readers = ok(store.consumers(artifact.id), "consumers").len();
            let expected = usize::from(version.inputs.iter().any(|input| input.artifact == artifact.id));
            assert_eq!(
                readers, expected,
                "consumers do not follow the edges of the last version"
            );
        }
    }
    apply(store, &[recorded(&first), recorded(&more)]);
    assert_eq!(
        ok(store.steps(run.id), "steps"),
        [more],
        "twice in one list is not the last one"
    );
}

fn steps_stay_in_the_order_they_were_first_recorded(store: &dyn MetadataStore) {
    let run = start(store, "p");
    // Neither by name nor by id.
    let mut steps = [step(run.id, "c"), step(run.id, "a"), step(run.id, "b")];
    steps.swap(0, 2);
    apply(store, &steps.each_ref().map(recorded));
    for step in steps.iter_mut().rev() {
        step.attempt += 1;
        apply(store, &[recorded(step)]);
    }
    assert_eq!(
        ok(store.steps(run.id), "steps"),
        steps,
        "steps are not in the order of their first recording"
    );
}

fn thousands_of_steps_keep_their_edges(store: &dyn MetadataStore) {
    let (run, other) = (start(store, "p"), start(store, "p"));
    let mut changes = Vec::new();
    let mut written = Vec::new();
    let mut last: Option<ArtifactRecord> = None;
    for n in 0..1_500 {
        let output = artifact(&format!("a {}", n % 7));
        let step = StepRecord {
            inputs: last
                .iter()
                .map(|input| Edge {
                    element: Some(n),
                    ..edge("x", input)
                })
                .collect(),
            outputs: vec![edge("output", &output)],
            ..step(run.id, &format!("step[{n}]"))
        };
        changes.extend([
            made(&output),
            recorded(&step),
            recorded(&StepRecord {
                id: id(),
                run: other.id,
                ..step.clone()
            }),
        ]);
        written.push(step);
        last = Some(output);
    }
    for group in changes.chunks(192) {
        apply(store, group);
    }
    let found = ok(store.steps(run.id), "steps");
    assert_eq!(found.len(), written.len(), "steps are missing");
    for (found, written) in found.iter().zip(&written) {
        assert_eq!(found, written, "a step of many is wrong");
    }
    assert_eq!(
        ok(store.steps(other.id), "steps").len(),
        written.len(),
        "steps of the other run are missing"
    );
}

fn a_step_is_found_by_its_name_in_the_run(store: &dyn MetadataStore) {
    let (run, other) = (start(store, "p"), start(store, "p"));
    let steps = [step(run.id, "a"), step(other.id, "a"), step(run.id, "b")];
    apply(store, &steps.each_ref().map(recorded));
    for step in &steps {
        assert_eq!(
            some(store.step_named(step.run, &step.name), "step_named"),
            *step,
            "the wrong step was found"
        );
    }
    assert_eq!(
        ok(store.step_named(other.id, "b"), "step_named"),
        None,
        "a step of another run was found"
    );
    assert_eq!(
        ok(store.step_named(id(), "a"), "step_named"),
        None,
        "a step of an unknown run was found"
    );
    assert_eq!(
        ok(store.step_named(run.id, "A"), "step_named"),
        None,
        "names do not distinguish case"
    );
}

fn the_step_before_is_the_newest_of_older_runs(store: &dyn MetadataStore) {
    let runs: Vec<_> = ["p", "p", "other", "p", "p"]
        .iter()
        .map(|pipeline| start(store, pipeline))
        .collect();
    // The fourth run lacks `a`, and the steps are recorded in another order than the runs.
    let [newer, theirs, older] =
        [(1, "a"), (2, "a"), (0, "a")].map(|(n, name): (usize, _)| step(runs[n].id, name));
    let same = step(runs[4].id, "a");
    apply(store, &[&newer, &theirs, &older, &same].map(recorded));
    apply(store, &[recorded(&step(runs[3].id, "b"))]);
    let before =
        |pipeline: &str, name: &str, run: Uuid| ok(store.step_before(pipeline, name, run), "step_before");
    assert_eq!(
        before("p", "a", runs[4].id),
        Some(newer.clone()),
        "not the newest of the older runs"
    );
    assert_eq!(
        before("p", "a", runs[3].id),
        Some(newer),
        "not the newest of the older runs"
    );
    assert_eq!(
        before("p", "a", runs[1].id),
        Some(older),
        "a run is not older than itself"
    );
    assert_eq!(
        before("p", "a", runs[0].id),
        None,
        "the first run has no run before it"
    );
    assert_eq!(
        before("other", "a", runs[4].id),
        Some(theirs),
        "pipelines are mixed up"
    );
    assert_eq!(
        before("p", "c", runs[4].id),
        None,
        "a name nobody recorded is found"
    );
    assert_eq!(
        before("unknown", "a", runs[4].id),
        None,
        "a pipeline nobody recorded is found"
    );
}

fn consumers_are_the_steps_that_read(store: &dyn MetadataStore) {
    let (run, other) = (start(store, "p"), start(store, "q"));
    let [a, b] = artifacts(store);
    let maker = StepRecord {
        outputs: vec![edge("output", &a)],
        ..step(run.id, "maker")
    };
    let twice = StepRecord {
        inputs: vec![edge("x", &a), edge("y", &b), edge("z", &a)],
        outputs: vec![edge("output", &b)],
        ..step(run.id, "twice")
    };
    let later = StepRecord {
        inputs: vec![edge("x", &a)],
        ..step(other.id, "later")
    };
    apply(store, &[&later, &maker, &twice].map(recorded));
    assert_eq!(
        ok(store.consumers(a.id), "consumers"),
        [twice.clone(), later],
        "wrong readers, or not oldest first"
    );
    assert_eq!(
        ok(store.consumers(b.id), "consumers"),
        [twice],
        "a step that made an artifact counts as a reader"
    );
    assert!(
        ok(store.consumers(id()), "consumers").is_empty(),
        "an unknown artifact has readers"
    );
}
