//! Pruning: what is marked can't be found, what is needed is spared, and what is deleted is gone.

use std::collections::HashSet;

use serde_json::json;
use uuid::Uuid;

use super::Check;
use super::samples::{
    apply, artifact, deployed, digest, edge, id, kept, log, made, metric, ok, recorded, run, service,
    service_version, some, start, started, step, time,
};
use crate::artifact::Digest;
use crate::metadata::{
    ArtifactRecord, Change, HoldRecord, KeepObject, KeepReason, MetadataError, MetadataStore, PrunePlan,
    PruneRules, RunFilter, RunRecord, Status, StepRecord, StoredObject,
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("a_prune_removes_all_of_a_run", a_prune_removes_all_of_a_run),
    ("what_is_needed_stays", what_is_needed_stays),
    ("what_is_marked_is_not_found", what_is_marked_is_not_found),
    (
        "a_prune_waits_for_what_was_under_way",
        a_prune_waits_for_what_was_under_way,
    ),
    (
        "what_is_needed_by_then_is_spared",
        what_is_needed_by_then_is_spared,
    ),
    ("a_content_made_again_is_spared", a_content_made_again_is_spared),
    ("services_spare_what_they_need", services_spare_what_they_need),
    (
        "objects_are_claimed_once_and_given_back",
        objects_are_claimed_once_and_given_back,
    ),
    ("holds_are_waited_for", holds_are_waited_for),
    ("prunes_follow_each_other", prunes_follow_each_other),
    ("a_sound_store_says_so", a_sound_store_says_so),
];

/// The newest run of each pipeline stays, and all others go unless something needs them.
pub(super) fn rules() -> PruneRules {
    PruneRules {
        keep_last: Some(1),
        ..PruneRules::default()
    }
}

pub(super) fn ended(run: &RunRecord) -> Change {
    Change::RunEnded {
        run: run.id,
        status: Status::Completed,
        error: None,
        ended: time(50),
    }
}

/// What one run of one step made.
pub(super) struct Made {
    pub(super) run: RunRecord,
    pub(super) step: StepRecord,
    pub(super) artifact: ArtifactRecord,
}

/// A finished run with a step that made an artifact of this name, which has no tags and is kept in the store.
pub(super) fn finished(store: &dyn MetadataStore, pipeline: &str, name: &str) -> Made {
    let made = running(store, pipeline, name);
    apply(store, &[ended(&made.run)]);
    made
}

pub(super) fn running(store: &dyn MetadataStore, pipeline: &str, name: &str) -> Made {
    let run = RunRecord {
        resumed_from: None,
        ..run(pipeline)
    };
    let step = StepRecord {
        source_run: None,
        source_step: None,
        expires: None,
        ..step(run.id, "s")
    };
    let artifact = ArtifactRecord {
        tags: Vec::new(),
        producer_run: Some(run.id),
        producer_step: Some(step.id),
        ..artifact(name)
    };
    let step = StepRecord {
        cache_key: Some(digest(&format!("key of {}", run.id))),
        outputs: vec![edge("output", &artifact)],
        ..step
    };
    let object = Change::Object {
        digest: artifact.digest,
        bytes: b"twelve bytes".to_vec(),
    };
    apply(
        store,
        &[started(&run), object, self::made(&artifact), recorded(&step)],
    );
    Made { run, step, artifact }
}

pub(super) fn plan(store: &dyn MetadataStore) -> PrunePlan {
    ok(store.plan_prune(&rules(), &[]), "plan_prune")
}

/// Both phases at once. Gives how many runs were removed.
pub(super) fn prune(store: &dyn MetadataStore) -> u64 {
    let pending = ok(store.condemn(&plan(store)), "condemn");
    assert!(pending.waits_for.is_empty(), "nothing is under way: {pending:?}");
    sweep(store)
}

pub(super) fn sweep(store: &dyn MetadataStore) -> u64 {
    let swept = ok(store.sweep_condemned(&rules()), "sweep_condemned");
    ok(store.finish_prunes(), "finish_prunes");
    swept.runs
}

pub(super) fn exists(store: &dyn MetadataStore, run: &RunRecord) -> bool {
    ok(store.run(run.id), "run").is_some()
}

pub(super) fn reason(plan: &PrunePlan, reason: KeepReason) -> u64 {
    plan.kept
        .iter()
        .find(|kept| kept.reason == reason)
        .map_or(0, |kept| kept.count)
}

fn a_prune_removes_all_of_a_run(store: &dyn MetadataStore) {
    let old = finished(store, "p", "a");
    apply(
        store,
        &[
            Change::Metric(metric(old.step.id, "loss", 0.5, 0)),
            Change::Log(log(old.step.id, 0)),
        ],
    );
    let new = finished(store, "p", "a");
    let planned = plan(store);
    assert_eq!(planned.runs, [old.run.id], "the older run goes");
    assert_eq!(
        (planned.steps, planned.artifacts.as_slice()),
        (1, &[old.artifact.id][..])
    );
    assert_eq!(planned.objects.len(), 1, "its object goes");
    assert_eq!(reason(&planned, KeepReason::Newest), 1);
    assert_eq!(reason(&planned, KeepReason::InKeptRun), 1);
    assert!(exists(store, &old.run), "a plan changes nothing");
    assert_eq!(prune(store), 1);
    assert!(!exists(store, &old.run) && exists(store, &new.run));
    assert_eq!(ok(store.steps(old.run.id), "steps"), []);
    assert_eq!(ok(store.logs(old.step.id, 0, 9), "logs"), []);
    assert_eq!(ok(store.metrics(old.step.id), "metrics"), []);
    assert_eq!(ok(store.artifact(old.artifact.id), "artifact"), None);
    assert_eq!(ok(store.object(old.artifact.digest), "object"), None);
    assert!(ok(store.object(new.artifact.digest), "object").is_some());
    let pipelines = ok(store.pipelines(), "pipelines");
    assert_eq!(pipelines.first().map(|pipeline| pipeline.runs), Some(1));
    assert_eq!(ok(store.pending_prunes(), "pending_prunes"), []);
    assert!(plan(store).runs.is_empty(), "nothing is left to prune");
    assert_eq!(
        some(store.artifact_version("a", None), "artifact_version").number,
        2
    );
}

fn what_is_needed_stays(store: &dyn MetadataStore) {
    let tagged = {
        let made = running(store, "tags", "t");
        let artifact = ArtifactRecord {
            producer_run: Some(made.run.id),
            ..artifact("t")
        };
        apply(store, &[self::made(&artifact), ended(&made.run)]);
        artifact
    };
    let saved = ArtifactRecord {
        producer_run: None,
        tags: Vec::new(),
        ..artifact("saved")
    };
    apply(
        store,
        &[
            made(&saved),
            made(&ArtifactRecord {
                id: id(),
                ..saved.clone()
            }),
        ],
    );
    finished(store, "tags", "t");

    let adopted = finished(store, "p", "adopted");
    let continued = finished(store, "p", "continued");
    let read = finished(store, "p", "read");
    for _ in 0..2 {
        finished(store, "p", "read");
    }
    let last = RunRecord {
        resumed_from: Some(continued.run.id),
        ..run("p")
    };
    let adopter = StepRecord {
        status: Status::Cached,
        source_run: Some(adopted.run.id),
        source_step: Some(adopted.step.id),
        inputs: vec![edge("x", &read.artifact)],
        outputs: vec![edge("output", &adopted.artifact)],
        ..step(last.id, "adopter")
    };
    apply(store, &[started(&last), recorded(&adopter), ended(&last)]);
    let planned = plan(store);
    assert_eq!(reason(&planned, KeepReason::Adopted), 1, "{planned:?}");
    assert_eq!(reason(&planned, KeepReason::Continued), 1);
    assert_eq!(reason(&planned, KeepReason::Saved), 1);
    assert_eq!(reason(&planned, KeepReason::Tagged), 1);
    prune(store);
    assert!(exists(store, &adopted.run) && exists(store, &continued.run));
    assert!(
        !exists(store, &read.run),
        "what was read of a run doesn't keep the run"
    );
    for artifact in [
        &adopted.artifact,
        &continued.artifact,
        &read.artifact,
        &tagged,
        &saved,
    ] {
        let found = some(store.artifact(artifact.id), "artifact");
        let origin = found.metadata.get("pruned_producer");
        let gone = artifact
            .producer_run
            .is_some_and(|run| ok(store.run(run), "run").is_none());
        assert_eq!(
            origin.is_some(),
            gone,
            "what remains says where it came from: {found:?}"
        );
    }
    let origin = some(store.artifact(read.artifact.id), "artifact").metadata["pruned_producer"].clone();
    assert_eq!(
        origin,
        json!({ "pipeline": "p", "run": read.run.name, "step": "s" })
    );
}

fn what_is_marked_is_not_found(store: &dyn MetadataStore) {
    let old = finished(store, "p", "a");
    let new = finished(store, "p", "a");
    let other = start(store, "other");
    let key = |made: &Made| made.step.cache_key.unwrap_or(digest("none"));
    let found = |key: Digest| ok(store.find_cached(key, time(0), None), "find_cached").is_some();
    assert!(found(key(&old)));
    let pending = ok(store.condemn(&plan(store)), "condemn");
    assert_eq!(pending.waits_for, [other.id]);
    assert!(!found(key(&old)) && found(key(&new)));
    let version = |number| ok(store.artifact_version("a", number), "artifact_version");
    assert_eq!(version(Some(1)), None);
    assert!(version(Some(2)).is_some() && version(None).is_some());
    let resuming = RunRecord {
        resumed_from: Some(old.run.id),
        ..run("p")
    };
    let refused = store.apply(&[started(&resuming)]);
    assert!(
        matches!(refused, Err(MetadataError::Pruned { .. })),
        "{refused:?}"
    );
    assert!(!exists(store, &resuming));
}

fn a_prune_waits_for_what_was_under_way(store: &dyn MetadataStore) {
    let old = finished(store, "p", "a");
    finished(store, "p", "a");
    let other = start(store, "other");
    ok(store.condemn(&plan(store)), "condemn");
    let later = start(store, "later");
    assert_eq!(sweep(store), 0);
    assert!(exists(store, &old.run));
    // What is planned includes what waits.
    assert_eq!(plan(store).runs, [old.run.id]);
    assert_eq!(plan(store).objects.len(), 1);
    apply(store, &[ended(&other)]);
    assert_eq!(sweep(store), 1, "a run that began later is not waited for");
    assert!(!exists(store, &old.run));
    assert!(ok(store.pending_prunes(), "pending_prunes").is_empty());
    apply(store, &[ended(&later)]);
}

fn what_is_needed_by_then_is_spared(store: &dyn MetadataStore) {
    let old = finished(store, "p", "a");
    let older = finished(store, "p", "b");
    finished(store, "p", "a");
    let other = start(store, "other");
    ok(store.condemn(&plan(store)), "condemn");
    // Looked up before.
    let adopter = StepRecord {
        status: Status::Cached,
        source_run: Some(old.run.id),
        source_step: Some(old.step.id),
        outputs: vec![edge("output", &old.artifact)],
        ..step(other.id, "adopter")
    };
    apply(store, &[recorded(&adopter), ended(&other)]);
    assert_eq!(sweep(store), 1);
    assert!(exists(store, &old.run) && !exists(store, &older.run));
    assert!(ok(store.object(old.artifact.digest), "object").is_some());
    let key = old.step.cache_key.unwrap_or(digest("none"));
    let found = some(store.find_cached(key, time(0), None), "find_cached");
    assert_eq!(found.step, old.step.id, "what was spared is found again");
}

fn a_content_made_again_is_spared(store: &dyn MetadataStore) {
    let old = finished(store, "p", "a");
    finished(store, "p", "a");
    let other = start(store, "other");
    ok(store.condemn(&plan(store)), "condemn");
    apply(store, &[ended(&other)]);
    let again = ArtifactRecord {
        id: id(),
        name: "again".to_owned(),
        ..old.artifact.clone()
    };
    let object = Change::Object {
        digest: again.digest,
        bytes: b"twelve bytes".to_vec(),
    };
    apply(store, &[object, made(&again)]);
    assert_eq!(sweep(store), 1);
    assert_eq!(ok(store.artifact(old.artifact.id), "artifact"), None);
    assert!(
        ok(store.object(again.digest), "object").is_some(),
        "the content is needed again"
    );
}

fn services_spare_what_they_need(store: &dyn MetadataStore) {
    let old = finished(store, "p", "a");
    let named = finished(store, "p", "b");
    let by_run = finished(store, "p", "c");
    let model = |made: &Made| json!({ "model": { "digest": made.artifact.digest.to_string() } });
    for name in ["a", "b", "c", "c"] {
        finished(store, "p", name);
    }
    let server = crate::metadata::ServiceRecord {
        model_digest: Some(old.artifact.digest),
        run: None,
        config: json!(null),
        ..service("s")
    };
    let version = crate::metadata::ServiceVersionRecord {
        model_digest: None,
        config: model(&named),
        run: Some(by_run.run.id),
        ..service_version(server.id, 1)
    };
    apply(store, &[kept(&server), deployed(&version)]);
    let planned = plan(store);
    assert_eq!(reason(&planned, KeepReason::Service), 3, "{:?}", planned.kept);
    prune(store);
    for made in [&old, &named, &by_run] {
        assert!(ok(store.artifact(made.artifact.id), "artifact").is_some());
        assert!(ok(store.object(made.artifact.digest), "object").is_some());
    }
    assert!(exists(store, &by_run.run) && !exists(store, &old.run));
    apply(store, &[Change::ServiceDeleted { service: server.id }]);

    // Deployed while its model was marked.
    let other = start(store, "other");
    let planned = plan(store);
    assert!(planned.artifacts.contains(&old.artifact.id));
    ok(store.condemn(&planned), "condemn");
    apply(store, &[ended(&other), kept(&server)]);
    sweep(store);
    assert!(ok(store.artifact(old.artifact.id), "artifact").is_some());
    assert!(ok(store.object(old.artifact.digest), "object").is_some());
    assert_eq!(ok(store.object(named.artifact.digest), "object"), None);
}

fn objects_are_claimed_once_and_given_back(store: &dyn MetadataStore) {
    let [one, two, three] = ["1", "2", "3"].map(|text| StoredObject {
        digest: digest(text),
        size: 7,
    });
    let (me, other) = (id(), id());
    let planned = ok(store.plan_prune(&rules(), &[one, two, three]), "plan_prune");
    assert_eq!(planned.objects.len(), 3, "nothing refers to them");
    ok(store.condemn(&planned), "condemn");
    assert_eq!(ok(store.keep_object(one.digest), "keep_object"), KeepObject::Kept);
    let swept = ok(store.sweep_condemned(&rules()), "sweep_condemned");
    let claim = |deleter: Uuid| {
        let claimed = ok(store.claim_objects(&swept.prunes, deleter, 1), "claim_objects");
        claimed
            .into_iter()
            .map(|object| object.digest)
            .collect::<HashSet<_>>()
    };
    let (mine, others) = (claim(me), claim(other));
    assert_eq!((mine.len(), others.len()), (1, 1));
    assert_eq!(claim(other).len(), 0, "the first was kept");
    let both: HashSet<_> = mine.union(&others).copied().collect();
    assert_eq!(both, HashSet::from([two.digest, three.digest]));
    let mine: Vec<Digest> = mine.into_iter().collect();
    let keep = || ok(store.keep_object(mine[0]), "keep_object");
    assert_eq!(keep(), KeepObject::BeingDeleted(me));
    // Kept by the store itself, when something is about to serve it.
    let server = crate::metadata::ServiceRecord {
        model_digest: Some(mine[0]),
        ..service("s")
    };
    let refused = store.apply(&[kept(&server)]);
    assert!(
        matches!(refused, Err(MetadataError::Pruned { .. })),
        "{refused:?}"
    );
    ok(store.unclaim_objects(other, Some(&mine)), "unclaim_objects");
    assert_eq!(
        keep(),
        KeepObject::BeingDeleted(me),
        "it is not the other's claim"
    );
    ok(store.objects_deleted(me, &mine), "objects_deleted");
    assert_eq!(keep(), KeepObject::Kept);
    assert_eq!(ok(store.deleters(), "deleters"), [other]);
    ok(store.finish_prunes(), "finish_prunes");
    assert_eq!(ok(store.pending_prunes(), "pending_prunes").len(), 1);
    ok(store.unclaim_objects(other, None), "unclaim_objects");
    assert_eq!(claim(me), others);
    ok(
        store.objects_deleted(me, &others.into_iter().collect::<Vec<_>>()),
        "objects_deleted",
    );
    ok(store.finish_prunes(), "finish_prunes");
    assert_eq!(ok(store.pending_prunes(), "pending_prunes"), []);
}

fn holds_are_waited_for(store: &dyn MetadataStore) {
    let old = finished(store, "p", "a");
    finished(store, "p", "a");
    let hold = HoldRecord {
        id: id(),
        process: Some(id()),
        host: "host".to_owned(),
    };
    ok(store.hold(&hold), "hold");
    assert_eq!(ok(store.holds(), "holds"), std::slice::from_ref(&hold));
    let pending = ok(store.condemn(&plan(store)), "condemn");
    assert_eq!(pending.waits_for, [hold.id]);
    assert_eq!(ok(store.pending_prunes(), "pending_prunes"), [pending]);
    assert_eq!(sweep(store), 0);
    ok(store.release_hold(hold.id), "release_hold");
    ok(store.release_hold(hold.id), "release_hold");
    assert_eq!(sweep(store), 1);
    assert!(!exists(store, &old.run));
}

fn prunes_follow_each_other(store: &dyn MetadataStore) {
    let old = finished(store, "p", "a");
    finished(store, "p", "a");
    let empty = ok(store.condemn(&PrunePlan::default()), "condemn");
    let next = ok(store.condemn(&plan(store)), "condemn");
    assert!(next.no > empty.no, "numbers rise");
    assert_eq!(sweep(store), 1);
    assert!(!exists(store, &old.run));
    let filter = RunFilter::default();
    assert_eq!(ok(store.runs(&filter), "runs").len(), 1);
}

fn a_sound_store_says_so(store: &dyn MetadataStore) {
    finished(store, "p", "a");
    finished(store, "p", "a");
    prune(store);
    assert_eq!(ok(store.check(), "check"), Vec::<String>::new());
}
