//! Runs: begun once, filled in order, ended.

use serde_json::json;
use zen_core::metadata::Status;
use zen_core::tracking::{TrackedBatch, TrackingError};

use super::{Stage, at, datum, info, metric, run_of, unique};

#[test]
fn a_run_from_beginning_to_end() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let tracker = stage.tracker();
    assert_eq!(tracker.location(), server.uri());
    let mut run = run_of(&unique("life"));
    run.program = Some("target/release/train".to_owned());
    run.git_commit = Some("0123abc".to_owned());
    run.resumed_from = Some(uuid::Uuid::now_v7());
    run.schedule = Some("every night".to_owned());
    let mut writer = tracker.begin(&run).unwrap();
    let id = writer.id().to_owned();
    let begun = info(server, &id);
    assert_eq!(begun["run_name"], "quiet-otter");
    assert_eq!(begun["status"], "RUNNING");
    assert_eq!(begun["start_time"], 1_700_000_000_000_i64);
    for (tag, value) in [
        ("mlflow.user", "ada"),
        ("mlflow.source.name", "target/release/train"),
        ("mlflow.source.type", "LOCAL"),
        ("mlflow.source.git.commit", "0123abc"),
        ("zen.run_id", &run.id.to_string()),
        ("zen.pipeline", &run.pipeline),
        ("zen.stack", "team"),
        ("zen.version", "0.1.0"),
        ("zen.resumed_from", &run.resumed_from.unwrap().to_string()),
        ("zen.schedule", "every night"),
        ("zen.tag.nightly", "true"),
    ] {
        assert_eq!(datum(server, &id, "tags", tag), value, "{tag}");
    }
    let experiment = server.get(&format!(
        "experiments/get-by-name?experiment_name={}",
        run.pipeline
    ));
    let experiment = experiment["experiment"]["experiment_id"].as_str().unwrap();
    assert_eq!(begun["experiment_id"], experiment);
    assert_eq!(
        writer.url().unwrap(),
        format!("{}/#/experiments/{experiment}/runs/{id}", server.uri())
    );

    let mut batch = TrackedBatch::default();
    batch
        .parameters
        .push(("trainer.epochs".to_owned(), "3".to_owned()));
    batch.metrics.push(metric("trainer", "loss", 0.5, 0));
    batch.tags.insert("stage".to_owned(), "tried".to_owned());
    for _ in 0..2 {
        // Again, as after an answer that was lost.
        writer.log(&batch).unwrap();
    }
    assert_eq!(datum(server, &id, "params", "trainer.epochs"), "3");
    assert_eq!(datum(server, &id, "tags", "stage"), "tried");
    let values = server.get(&format!("metrics/get-history?run_id={id}&metric_key=loss"));
    assert_eq!(
        values["metrics"],
        json!([{ "key": "loss", "value": 0.5, "timestamp": 1_700_000_001_000_i64, "step": 0 }])
    );

    writer.end(Status::Completed, at(1_700_000_009_000)).unwrap();
    writer.end(Status::Completed, at(1_700_000_009_000)).unwrap();
    let ended = info(server, &id);
    assert_eq!(
        (&ended["status"], &ended["end_time"]),
        (&json!("FINISHED"), &json!(1_700_000_009_000_i64))
    );
}

#[test]
fn begun_twice_it_is_one_run() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let run = run_of(&unique("twice"));
    let first = stage.tracker().begin(&run).unwrap();
    let again = stage.tracker().begin(&run).unwrap();
    // As another process would.
    let other = Stage::at(&server.uri(), "", &[]).tracker().begin(&run).unwrap();
    assert_eq!([again.id(), other.id()], [first.id(); 2]);
    let next = stage.tracker().begin(&run_of(&run.pipeline)).unwrap();
    assert_ne!(next.id(), first.id());
    assert_eq!(
        info(server, next.id())["experiment_id"],
        info(server, first.id())["experiment_id"]
    );
}

#[test]
fn how_runs_end() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let pipeline = unique("ends");
    for (status, expected) in [(Status::Failed, "FAILED"), (Status::Cancelled, "KILLED")] {
        let mut writer = stage.tracker().begin(&run_of(&pipeline)).unwrap();
        writer.end(status, at(1_700_000_002_000)).unwrap();
        assert_eq!(info(server, writer.id())["status"], expected);
        // It has ended: what somebody thinks of a run that was lost changes nothing.
        stage
            .tracker()
            .end_lost(writer.id(), Status::Completed, at(1_700_000_003_000))
            .unwrap();
        let still = info(server, writer.id());
        assert_eq!(
            (&still["status"], &still["end_time"]),
            (&json!(expected), &json!(1_700_000_002_000_i64))
        );
    }
    let lost = stage.tracker().begin(&run_of(&pipeline)).unwrap();
    stage
        .tracker()
        .end_lost(lost.id(), Status::Failed, at(1_700_000_004_000))
        .unwrap();
    let ended = info(server, lost.id());
    assert_eq!(
        (&ended["status"], &ended["end_time"]),
        (&json!("FAILED"), &json!(1_700_000_004_000_i64))
    );

    let deleted = stage.tracker().begin(&run_of(&pipeline)).unwrap();
    server.post("runs/delete", &json!({ "run_id": deleted.id() }));
    stage
        .tracker()
        .end_lost(deleted.id(), Status::Failed, at(1_700_000_004_000))
        .unwrap();
    assert_eq!(info(server, deleted.id())["status"], "RUNNING");
    let missing = "0123456789abcdef0123456789abcdef";
    stage
        .tracker()
        .end_lost(missing, Status::Failed, at(1_700_000_004_000))
        .unwrap();
}

#[test]
fn a_deleted_experiment_is_told() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let run = run_of(&unique("gone"));
    let writer = stage.tracker().begin(&run).unwrap();
    let experiment = info(server, writer.id())["experiment_id"].clone();
    server.post("experiments/delete", &json!({ "experiment_id": experiment }));
    let error = stage.tracker().begin(&run_of(&run.pipeline)).unwrap_err();
    assert!(matches!(error, TrackingError::Refused { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&format!("`{}` is deleted", run.pipeline)), "{text}");
    assert!(text.contains("restore"), "{text}");
}

#[test]
fn one_experiment_for_all() {
    let Some((server, _)) = Stage::shared() else {
        return;
    };
    let name = unique("Übung: α/β 'quoted' & more");
    let lines = format!("experiment = \"{name}\"");
    let stage = Stage::at(&server.uri(), &lines, &[]);
    let one = stage.tracker().begin(&run_of("one")).unwrap();
    let other = stage.tracker().begin(&run_of("other")).unwrap();
    assert_eq!(
        info(server, one.id())["experiment_id"],
        info(server, other.id())["experiment_id"]
    );
}

#[test]
fn two_programs_make_one_experiment() {
    let Some((server, _)) = Stage::shared() else {
        return;
    };
    let pipeline = unique("race");
    let begin = || {
        let stage = Stage::at(&server.uri(), "", &[]);
        let writer = stage.tracker().begin(&run_of(&pipeline)).unwrap();
        info(server, writer.id())["experiment_id"].clone()
    };
    let ids: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(begin)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn a_deleted_run_takes_nothing() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let mut writer = stage.tracker().begin(&run_of(&unique("removed"))).unwrap();
    server.post("runs/delete", &json!({ "run_id": writer.id() }));
    let mut batch = TrackedBatch::default();
    batch.metrics.push(metric("s", "loss", 1.0, 0));
    for error in [
        writer.log(&batch).unwrap_err(),
        writer.end(Status::Completed, at(1_700_000_002_000)).unwrap_err(),
    ] {
        assert!(matches!(error, TrackingError::Denied { .. }), "{error:?}");
        assert!(error.to_string().contains("the run was deleted"), "{error}");
    }
}
