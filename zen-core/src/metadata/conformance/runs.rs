//! Pipelines and runs.

use serde_json::{Value, json};

use super::Check;
use super::samples::{apply, digest, id, ok, recorded, run, some, start, started, step, time};
use crate::metadata::{Change, MetadataError, MetadataStore, ProgramRecord, RunFilter, RunRecord, Status};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "a_run_comes_back_as_it_was_written",
        a_run_comes_back_as_it_was_written,
    ),
    (
        "the_same_graph_is_the_same_version",
        the_same_graph_is_the_same_version,
    ),
    (
        "only_a_known_graph_can_be_left_out",
        only_a_known_graph_can_be_left_out,
    ),
    ("the_first_end_of_a_run_counts", the_first_end_of_a_run_counts),
    (
        "a_dead_run_fails_with_its_open_steps",
        a_dead_run_fails_with_its_open_steps,
    ),
    (
        "a_dead_run_that_had_ended_stays_as_it_is",
        a_dead_run_that_had_ended_stays_as_it_is,
    ),
    (
        "a_program_can_become_known_later",
        a_program_can_become_known_later,
    ),
    (
        "runs_are_filtered_and_newest_first",
        runs_are_filtered_and_newest_first,
    ),
    ("runs_are_found_by_name", runs_are_found_by_name),
    ("runs_are_paged", runs_are_paged),
];

fn ended(run: &RunRecord, status: Status, error: Option<&str>, at: i64) -> Change {
    Change::RunEnded {
        run: run.id,
        status,
        error: error.map(str::to_owned),
        ended: time(at),
    }
}

fn a_run_comes_back_as_it_was_written(store: &dyn MetadataStore) {
    let mut full = run("full");
    let mut bare = run("bare");
    bare.pipeline_path = None;
    bare.status = Status::Queued;
    bare.arguments = Value::Null;
    bare.arguments_encoded = Vec::new();
    bare.ended = None;
    bare.process = None;
    bare.pid = 0;
    bare.git_commit = None;
    bare.program = None;
    bare.resumed_from = None;
    bare.error = None;
    bare.tags = Vec::new();
    let mut before_1970 = run("full");
    before_1970.started = time(-1_800_000_000_000_001);
    before_1970.program = Some(ProgramRecord {
        path: String::new(),
        digest: None,
    });
    before_1970.error = Some(String::new());
    apply(store, &[started(&full), started(&bare), started(&before_1970)]);
    for written in [&mut full, &mut bare, &mut before_1970] {
        written.pipeline_version = 1;
        assert_eq!(
            some(store.run(written.id), "run"),
            *written,
            "a run does not come back as it was written"
        );
    }
    assert_eq!(ok(store.run(id()), "run"), None, "a run nobody recorded is found");
    assert_eq!(
        ok(store.runs(&RunFilter::default()), "runs"),
        [before_1970, bare, full],
        "the list differs from the runs"
    );
}

fn only_a_known_graph_can_be_left_out(store: &dyn MetadataStore) {
    let (first, second) = (run("p"), run("p"));
    let without = |run: &RunRecord| Change::RunStarted {
        run: Box::new(run.clone()),
        graph: None,
    };
    match store.apply(&[without(&first)]) {
        Err(MetadataError::UnknownGraph { pipeline, graph, .. }) => {
            assert_eq!((pipeline.as_str(), graph), ("p", first.graph_hash));
        }
        other => panic!("a run of an unknown graph was answered with {other:?}"),
    }
    assert_eq!(ok(store.run(first.id), "run"), None, "a refused run is recorded");
    assert_eq!(
        ok(store.pipelines(), "pipelines"),
        [],
        "a refused run's pipeline is recorded"
    );
    apply(store, &[started(&first)]);
    apply(store, &[without(&second)]);
    assert_eq!(some(store.run(second.id), "run").pipeline_version, 1);
    assert_eq!(ok(store.pipeline_versions("p"), "pipeline_versions").len(), 1);
}

fn the_same_graph_is_the_same_version(store: &dyn MetadataStore) {
    let mut runs: Vec<_> = ["one", "two", "one", "three"]
        .into_iter()
        .zip(1..)
        .map(|(graph, at)| RunRecord {
            graph_hash: digest(graph),
            started: time(at),
            ..run("p")
        })
        .collect();
    runs.push(RunRecord {
        graph_hash: digest("two"),
        ..run("another")
    });
    for run in &runs {
        apply(
            store,
            &[Change::RunStarted {
                run: Box::new(run.clone()),
                graph: Some(json!({ "of": run.graph_hash })),
            }],
        );
    }
    let numbers: Vec<u32> = runs
        .iter()
        .map(|run| some(store.run(run.id), "run").pipeline_version)
        .collect();
    assert_eq!(numbers, [1, 2, 1, 3, 1], "versions are numbered wrongly");

    let versions = ok(store.pipeline_versions("p"), "pipeline_versions");
    let found: Vec<_> = versions
        .iter()
        .map(|v| (v.number, v.graph_hash, v.graph.clone(), v.created))
        .collect();
    let expected: Vec<_> = [(1, "one", 1), (2, "two", 2), (3, "three", 4)]
        .map(|(number, graph, at)| (number, digest(graph), json!({ "of": digest(graph) }), time(at)))
        .into();
    assert_eq!(found, expected, "the versions of a pipeline are wrong");
    assert!(
        versions.iter().all(|v| v.pipeline == "p"),
        "a version of another pipeline is listed"
    );
    assert!(
        ok(store.pipeline_versions("unknown"), "pipeline_versions").is_empty(),
        "an unknown pipeline has versions"
    );

    let pipelines = ok(store.pipelines(), "pipelines");
    let found: Vec<_> = pipelines
        .iter()
        .map(|p| (p.name.as_str(), p.versions, p.runs, p.created))
        .collect();
    assert_eq!(
        found,
        [("another", 1, 1, time(1)), ("p", 3, 4, time(1))],
        "pipelines are wrong, or not by name"
    );
}

fn the_first_end_of_a_run_counts(store: &dyn MetadataStore) {
    let run = start(store, "p");
    apply(store, &[ended(&run, Status::Failed, Some("disk full"), 20)]);
    apply(store, &[ended(&run, Status::Completed, None, 30)]);
    let found = some(store.run(run.id), "run");
    let expected = RunRecord {
        pipeline_version: 1,
        status: Status::Failed,
        error: Some("disk full".to_owned()),
        ended: Some(time(20)),
        ..run
    };
    assert_eq!(found, expected, "the first end of a run did not stay");
}

fn a_dead_run_fails_with_its_open_steps(store: &dyn MetadataStore) {
    let (run, other) = (start(store, "p"), start(store, "p"));
    let written: Vec<_> = Status::ALL
        .into_iter()
        .flat_map(|status| [(run.id, status), (other.id, status)])
        .map(|(run, status)| crate::metadata::StepRecord {
            status,
            ..step(run, status.as_str())
        })
        .collect();
    apply(store, &written.iter().map(recorded).collect::<Vec<_>>());
    apply(
        store,
        &[Change::RunDied {
            run: run.id,
            error: "killed".to_owned(),
            noticed: time(50),
        }],
    );

    let found = some(store.run(run.id), "run");
    assert_eq!(found.status, Status::Failed, "a dead run has not failed");
    assert_eq!(found.error.as_deref(), Some("killed"), "a dead run has no error");
    assert_eq!(
        found.ended,
        Some(time(50)),
        "a dead run has not ended when it was noticed"
    );
    for mut step in written {
        if step.run == run.id && !step.status.is_final() {
            step.status = Status::Failed;
            step.error = Some("killed".to_owned());
            step.ended = Some(time(50));
        }
        let found = some(store.step(step.id), "step");
        assert_eq!(found, step, "the step `{}` is wrong after a run died", step.name);
    }
    assert_eq!(
        some(store.run(other.id), "run").status,
        Status::Running,
        "another run died too"
    );

    apply(store, &[ended(&run, Status::Completed, None, 60)]);
    assert_eq!(
        some(store.run(run.id), "run").status,
        Status::Failed,
        "a dead run ended once more"
    );
}

fn a_dead_run_that_had_ended_stays_as_it_is(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let open = crate::metadata::StepRecord {
        status: Status::Running,
        ..step(run.id, "open")
    };
    apply(
        store,
        &[recorded(&open), ended(&run, Status::Cancelled, None, 20)],
    );
    apply(
        store,
        &[Change::RunDied {
            run: run.id,
            error: "killed".to_owned(),
            noticed: time(50),
        }],
    );
    let found = some(store.run(run.id), "run");
    assert_eq!(
        (found.status, found.error, found.ended),
        (Status::Cancelled, None, Some(time(20))),
        "it changed"
    );
    assert_eq!(
        some(store.step(open.id), "step"),
        open,
        "a step of a run that had ended changed"
    );
}

fn a_program_can_become_known_later(store: &dyn MetadataStore) {
    let (run, other) = (start(store, "p"), start(store, "p"));
    let program = ProgramRecord {
        path: "/bin/other".to_owned(),
        digest: Some(digest("other")),
    };
    apply(
        store,
        &[Change::RunProgram {
            run: run.id,
            program: program.clone(),
        }],
    );
    assert_eq!(
        some(store.run(run.id), "run").program,
        Some(program),
        "the program was not recorded"
    );
    assert_eq!(
        some(store.run(other.id), "run").program,
        other.program,
        "another run's program changed"
    );
}

/// Runs of two pipelines, every third one failed; oldest first.
fn several(store: &dyn MetadataStore) -> Vec<RunRecord> {
    let mut runs: Vec<_> = (0..24)
        .map(|n| start(store, if n % 2 == 0 { "even" } else { "odd" }))
        .collect();
    for (n, run) in runs.iter_mut().enumerate() {
        run.status = if n % 3 == 0 {
            Status::Failed
        } else {
            Status::Completed
        };
        apply(store, &[ended(run, run.status, None, 9)]);
    }
    runs
}

fn ids(store: &dyn MetadataStore, filter: &RunFilter) -> Vec<uuid::Uuid> {
    ok(store.runs(filter), "runs").iter().map(|run| run.id).collect()
}

fn runs_are_filtered_and_newest_first(store: &dyn MetadataStore) {
    let runs = several(store);
    for pipeline in [None, Some("even"), Some("odd"), Some("unknown")] {
        for status in [
            None,
            Some(Status::Failed),
            Some(Status::Completed),
            Some(Status::Running),
        ] {
            let filter = RunFilter {
                pipeline: pipeline.map(str::to_owned),
                status,
                ..RunFilter::default()
            };
            let expected: Vec<_> = runs
                .iter()
                .rev()
                .filter(|run| {
                    pipeline.is_none_or(|p| run.pipeline == p) && status.is_none_or(|s| run.status == s)
                })
                .map(|run| run.id)
                .collect();
            assert_eq!(ids(store, &filter), expected, "wrong runs for {filter:?}");
        }
    }
}

fn runs_are_found_by_name(store: &dyn MetadataStore) {
    let runs = several(store);
    let named = |name: &str| RunFilter {
        name: Some(name.to_owned()),
        ..RunFilter::default()
    };
    for run in &runs {
        let same: Vec<_> = runs.iter().rev().filter(|other| other.name == run.name).collect();
        let expected: Vec<_> = same.iter().map(|run| run.id).collect();
        assert_eq!(
            ids(store, &named(&run.name)),
            expected,
            "wrong runs of the name {}",
            run.name
        );
        let newest = RunFilter {
            limit: Some(1),
            ..named(&run.name)
        };
        assert_eq!(
            ids(store, &newest),
            expected[..1],
            "not the newest run of the name"
        );
    }
    assert!(
        ids(store, &named("unknown")).is_empty(),
        "a name that no run has finds runs"
    );
}

fn runs_are_paged(store: &dyn MetadataStore) {
    several(store);
    for pipeline in [None, Some("odd".to_owned())] {
        for status in [None, Some(Status::Completed)] {
            let all = RunFilter {
                pipeline: pipeline.clone(),
                status,
                ..RunFilter::default()
            };
            let mut page = RunFilter {
                limit: Some(3),
                ..all.clone()
            };
            let mut seen = Vec::new();
            loop {
                let next = ids(store, &page);
                assert!(next.len() <= 3, "a page is longer than its limit");
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
    }
    let none = RunFilter {
        limit: Some(0),
        ..RunFilter::default()
    };
    assert!(ids(store, &none).is_empty(), "a limit of 0 gives runs");
}
