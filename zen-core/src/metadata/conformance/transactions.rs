//! All of a list of changes, or nothing.

use std::collections::BTreeSet;
use std::thread;

use super::Check;
use super::samples::{
    apply, artifact, digest, edge, id, kept, log, made, make_schedule, metric, ok, recorded, run, schedule,
    scheduled, service, slot, slotted, some, start, started, step, time,
};
use crate::metadata::{
    ArtifactFilter, Change, MetadataError, MetadataStore, ProgramRecord, RunFilter, ScheduleRecord,
    SlotFilter, Status,
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("an_empty_list_changes_nothing", an_empty_list_changes_nothing),
    (
        "a_failing_change_leaves_nothing_of_its_list",
        a_failing_change_leaves_nothing_of_its_list,
    ),
    (
        "a_reference_to_what_is_not_recorded_fails",
        a_reference_to_what_is_not_recorded_fails,
    ),
    ("a_run_cannot_start_twice", a_run_cannot_start_twice),
    ("what_is_synced_stays_visible", what_is_synced_stays_visible),
    (
        "threads_get_each_number_exactly_once",
        threads_get_each_number_exactly_once,
    ),
    ("readers_see_whole_transactions", readers_see_whole_transactions),
    (
        "of_several_lists_each_is_applied_or_refused",
        of_several_lists_each_is_applied_or_refused,
    ),
    (
        "of_several_lists_each_sees_those_before_it",
        of_several_lists_each_sees_those_before_it,
    ),
];

fn an_empty_list_changes_nothing(store: &dyn MetadataStore) {
    apply(store, &[]);
    assert!(
        ok(store.pipelines(), "pipelines").is_empty(),
        "a new store has pipelines"
    );
    assert!(
        ok(store.runs(&RunFilter::default()), "runs").is_empty(),
        "a new store has runs"
    );
    assert!(
        ok(store.artifact_names(), "artifact_names").is_empty(),
        "a new store has artifacts"
    );
    assert!(
        !store.location().is_empty(),
        "the store has no location to tell in messages"
    );
}

fn a_failing_change_leaves_nothing_of_its_list(store: &dyn MetadataStore) {
    let old = start(store, "old");
    let kept = step(old.id, "kept");
    apply(store, &[recorded(&kept)]);

    let new = run("new");
    let made_one = artifact("model");
    let mut first = step(new.id, "first");
    first.outputs = vec![edge("output", &made_one)];
    let mut changed = kept.clone();
    changed.status = Status::Failed;
    let mut bad = step(new.id, "bad");
    bad.outputs = vec![edge("output", &artifact("never recorded"))];
    let failed = store.apply(&[
        started(&new),
        Change::Object {
            digest: made_one.digest,
            bytes: vec![1],
        },
        made(&made_one),
        recorded(&first),
        Change::Metric(metric(first.id, "loss", 1.0, 0)),
        Change::Log(log(first.id, 0)),
        Change::RunEnded {
            run: old.id,
            status: Status::Completed,
            error: None,
            ended: time(9),
        },
        recorded(&changed),
        recorded(&bad),
        Change::Log(log(first.id, 1)),
    ]);
    assert!(
        failed.is_err(),
        "a step whose output is an artifact that is not recorded was accepted"
    );

    assert_eq!(
        ok(store.run(new.id), "run"),
        None,
        "the run of a failed list is there"
    );
    let pipelines = ok(store.pipelines(), "pipelines");
    assert_eq!(pipelines.len(), 1, "the pipeline of a failed list is there");
    assert!(
        ok(store.pipeline_versions("new"), "pipeline_versions").is_empty(),
        "its version is there"
    );
    assert_eq!(
        ok(store.step(first.id), "step"),
        None,
        "the step of a failed list is there"
    );
    assert_eq!(
        ok(store.artifact(made_one.id), "artifact"),
        None,
        "the artifact of a failed list is there"
    );
    assert!(
        ok(store.artifact_names(), "artifact_names").is_empty(),
        "its name is there"
    );
    assert_eq!(
        ok(store.object(made_one.digest), "object"),
        None,
        "the object of a failed list is there"
    );
    assert!(
        ok(store.metrics(first.id), "metrics").is_empty(),
        "the metric of a failed list is there"
    );
    assert!(
        ok(store.logs(first.id, 0, 9), "logs").is_empty(),
        "the log line of a failed list is there"
    );
    assert_eq!(
        some(store.run(old.id), "run").status,
        Status::Running,
        "a failed list ended a run"
    );
    assert_eq!(
        some(store.step(kept.id), "step"),
        kept,
        "a failed list changed a step"
    );

    apply(store, &[made(&made_one)]);
    let number = some(store.artifact(made_one.id), "artifact").number;
    assert_eq!(number, 1, "a failed list used up a number");
}

fn a_reference_to_what_is_not_recorded_fails(store: &dyn MetadataStore) {
    let nothing = id();
    let run = start(store, "p");
    let mut reader = step(run.id, "reader");
    reader.inputs = vec![edge("x", &artifact("never recorded"))];
    let ended = |run| Change::RunEnded {
        run,
        status: Status::Failed,
        error: None,
        ended: time(1),
    };
    let program = ProgramRecord {
        path: "p".to_owned(),
        digest: None,
    };
    let wrong = [
        ("a step of an unknown run", recorded(&step(nothing, "s"))),
        ("an input that is an unknown artifact", recorded(&reader)),
        ("the end of an unknown run", ended(nothing)),
        (
            "the death of an unknown run",
            Change::RunDied {
                run: nothing,
                error: String::new(),
                noticed: time(1),
            },
        ),
        (
            "the program of an unknown run",
            Change::RunProgram {
                run: nothing,
                program,
            },
        ),
        (
            "a metric of an unknown step",
            Change::Metric(metric(nothing, "m", 1.0, 0)),
        ),
        ("a log line of an unknown step", Change::Log(log(nothing, 0))),
    ];
    for (what, change) in wrong {
        assert!(store.apply(&[change]).is_err(), "{what} was accepted");
    }
    apply(store, &[ended(run.id)]);
}

fn a_run_cannot_start_twice(store: &dyn MetadataStore) {
    let run = start(store, "p");
    assert!(store.apply(&[started(&run)]).is_err(), "a run was started twice");
    assert_eq!(
        ok(store.pipelines(), "pipelines")[0].runs,
        1,
        "a run that was refused is counted"
    );
}

fn what_is_synced_stays_visible(store: &dyn MetadataStore) {
    ok(store.sync(), "sync of an empty store");
    let run = start(store, "p");
    ok(store.sync(), "sync");
    ok(store.sync(), "a second sync");
    some(store.run(run.id), "run");
    start(store, "p");
    assert_eq!(
        ok(store.runs(&RunFilter::default()), "runs").len(),
        2,
        "a write after a sync is lost"
    );
}

fn threads_get_each_number_exactly_once(store: &dyn MetadataStore) {
    const THREADS: usize = 8;
    const EACH: usize = 40;
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    apply(store, &[made(&artifact("shared")), made(&artifact("other"))]);
                }
            });
        }
    });
    for name in ["shared", "other"] {
        let filter = ArtifactFilter {
            name: Some(name.to_owned()),
            ..ArtifactFilter::default()
        };
        let numbers: Vec<u32> = ok(store.artifacts(&filter), "artifacts")
            .iter()
            .map(|a| a.number)
            .collect();
        let expected: BTreeSet<u32> = (1..).take(THREADS * EACH).collect();
        assert_eq!(
            numbers.len(),
            expected.len(),
            "`{name}` has a wrong count of versions"
        );
        assert_eq!(
            numbers.into_iter().collect::<BTreeSet<_>>(),
            expected,
            "a number of `{name}` is missing or given twice"
        );
    }
}

fn readers_see_whole_transactions(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let key = digest("shared");
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..100 {
                let (one, two) = (artifact("one"), artifact("two"));
                let mut step = step(run.id, &format!("step {round}"));
                step.cache_key = Some(key);
                step.expires = None;
                step.outputs = vec![edge("one", &one), edge("two", &two)];
                let bytes = |artifact: &crate::metadata::ArtifactRecord| Change::Object {
                    digest: artifact.digest,
                    bytes: vec![1],
                };
                apply(
                    store,
                    &[bytes(&one), made(&one), bytes(&two), made(&two), recorded(&step)],
                );
            }
        });
        // At least once after the last write too.
        loop {
            let last = writer.is_finished();
            if let Some(found) = ok(store.find_cached(key, time(0), None), "find_cached") {
                assert_eq!(
                    found.outputs.len(),
                    2,
                    "a step was found with a part of its outputs"
                );
                assert!(
                    found.outputs.iter().all(|o| o.inline.is_some()),
                    "a step was found before its objects"
                );
            }
            for step in ok(store.steps(run.id), "steps") {
                assert_eq!(
                    step.outputs.len(),
                    2,
                    "a step was listed with a part of its outputs"
                );
            }
            if last {
                break;
            }
        }
    });
    assert_eq!(ok(store.steps(run.id), "steps").len(), 100, "steps are missing");
}

fn of_several_lists_each_is_applied_or_refused(store: &dyn MetadataStore) {
    assert!(store.apply_each(&[]).is_empty());
    let empty = store.apply_each(&[Vec::new(), Vec::new()]);
    assert!(matches!(empty.as_slice(), [Ok(()), Ok(())]), "{empty:?}");

    let made = make_schedule(store, "s");
    let stale = ScheduleRecord {
        revision: made.revision + 7,
        ..made.clone()
    };
    let lost = slot(made.id, 0);
    let fence = Change::SlotFenced {
        slot: lost.id,
        token: 1,
    };
    let lease = Change::Fenced {
        key: "never held".to_owned(),
        token: 1,
    };
    let nowhere = recorded(&step(id(), "of no run"));
    let services: Vec<_> = (0..8).map(|n| service(&n.to_string())).collect();
    let before = ok(store.schedule_revision(), "schedule_revision");
    let lists = [
        vec![kept(&services[0]), slotted(&slot(made.id, 1))],
        vec![kept(&services[1]), slotted(&slot(made.id, 2)), scheduled(&stale)],
        vec![kept(&services[2]), scheduled(&schedule("s"))],
        vec![fence, kept(&services[3])],
        Vec::new(),
        vec![kept(&services[4]), lease],
        vec![kept(&services[5]), nowhere],
        vec![kept(&services[6]), scheduled(&schedule("new"))],
    ];
    let outcomes = store.apply_each(&lists);
    let as_expected = matches!(
        outcomes.as_slice(),
        [
            Ok(()),
            Err(MetadataError::Stale { .. }),
            Err(MetadataError::NameTaken { .. }),
            Err(MetadataError::SlotTaken { .. }),
            Ok(()),
            Err(MetadataError::Fenced { .. }),
            Err(_),
            Ok(()),
        ]
    );
    assert!(as_expected, "{outcomes:?}");
    for (n, service) in services.iter().enumerate() {
        assert_eq!(
            ok(store.service(service.id), "service").is_some(),
            [0, 6].contains(&n),
            "list {n} was not applied all or nothing"
        );
    }
    assert_eq!(
        ok(store.schedule_revision(), "schedule_revision"),
        before + 2,
        "a list that was refused raised the revision"
    );
    assert_eq!(ok(store.slots(&SlotFilter::default()), "slots").len(), 1);
    assert!(ok(store.schedule_named("new"), "schedule_named").is_some());
}

fn of_several_lists_each_sees_those_before_it(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let next = ScheduleRecord {
        revision: made.revision + 1,
        fired: 70,
        ..made.clone()
    };
    let run = run("p");
    let outcomes = store.apply_each(&[
        vec![scheduled(&made), started(&run)],
        vec![scheduled(&made)],
        vec![scheduled(&next), recorded(&step(run.id, "s"))],
    ]);
    let as_expected = matches!(
        outcomes.as_slice(),
        [Ok(()), Err(MetadataError::Stale { .. }), Ok(())]
    );
    assert!(as_expected, "{outcomes:?}");
    assert_eq!(some(store.schedule(made.id), "schedule").fired, 70);
    assert_eq!(ok(store.steps(run.id), "steps").len(), 1);
}
