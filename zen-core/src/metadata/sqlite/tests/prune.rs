//! Prunes that were killed, and runs of which there is much.

use chrono::DateTime;
use uuid::Uuid;

use super::{execute, with_a_run};
use crate::artifact::Digest;
use crate::metadata::sqlite::SqliteMetadata;
use crate::metadata::{MetadataError, MetadataStore, PruneRules, Upkeep};

fn hex(id: Uuid) -> String {
    format!("x'{}'", id.simple())
}

/// A finished run with one cached step and one artifact.
fn with_a_step() -> (SqliteMetadata, Uuid, Uuid, Digest) {
    let (store, run) = with_a_run();
    let (step, artifact, key) = (Uuid::now_v7(), Uuid::now_v7(), Digest::of(b"key"));
    let sql = format!(
        "UPDATE run SET status = 'completed', ended = started;
         INSERT INTO step (no, id, run, pipeline, name, step, node, status, attempt, cache_key)
         SELECT 1, {step}, id, pipeline, 's', 's', 0, 'completed', 1, x'{key}' FROM run;
         INSERT INTO artifact_name (no, name, last) VALUES (1, 'a', 1);
         INSERT INTO artifact (no, id, name, number, digest, size, type_name, codec, codec_version, media_type, uri, producer_run, created)
         VALUES (1, {artifact}, 1, 1, x'{digest}', 3, 't', 'c', 1, 'm', 's3://other/objects/ab/cd', {run}, 0);
         INSERT INTO edge (step, output, position, name, artifact) VALUES (1, 1, 0, 'output', {artifact});",
        step = hex(step),
        artifact = hex(artifact),
        run = hex(run),
        digest = Digest::of(b"abc"),
    );
    execute(&store, &sql);
    (store, run, artifact, key)
}

#[test]
fn marks_of_a_prune_that_was_killed_hide_nothing() {
    let (store, run, artifact, key) = with_a_step();
    let found = |store: &SqliteMetadata| {
        let cached = store.find_cached(key, DateTime::UNIX_EPOCH, None).unwrap();
        (
            cached.is_some(),
            store.artifact_version("a", Some(1)).unwrap().is_some(),
        )
    };
    execute(
        &store,
        &format!(
            "INSERT INTO prune (no, sealed) VALUES (7, 0);
             INSERT INTO condemned_run (id, prune) VALUES ({}, 7);
             INSERT INTO condemned_artifact (id, prune) VALUES ({}, 7)",
            hex(run),
            hex(artifact)
        ),
    );
    assert_eq!(found(&store), (true, true));
    execute(&store, "UPDATE prune SET sealed = 1");
    assert_eq!(found(&store), (false, false));
    // The next one drops them, though it has nothing to remove itself.
    execute(&store, "UPDATE prune SET sealed = 0");
    store.finish_prunes().unwrap();
    let left = "SELECT (SELECT count(*) FROM prune) + (SELECT count(*) FROM condemned_run) + (SELECT count(*) FROM condemned_artifact)";
    assert_eq!(count(&store, left), 0);
    assert_eq!(found(&store), (true, true));
}

fn count(store: &SqliteMetadata, sql: &'static str) -> i64 {
    let counted: Result<i64, MetadataError> =
        store.read("counting", |conn| Ok(conn.query_row(sql, [], |row| row.get(0))?));
    counted.unwrap()
}

/// Rules under which all runs but a newer one go.
fn with_a_newer_run(store: &SqliteMetadata) -> PruneRules {
    execute(
        store,
        "CREATE TEMP TABLE newer AS SELECT * FROM run;
         UPDATE newer SET id = x'ffffffffffffffffffffffffffffffff', name = 'newer';
         INSERT INTO run SELECT * FROM newer;
         UPDATE artifact_name SET last = 2",
    );
    PruneRules {
        keep_last: Some(1),
        ..PruneRules::default()
    }
}

#[test]
fn objects_in_another_store_stay_there() {
    let (store, ..) = with_a_step();
    let rules = with_a_newer_run(&store);
    for (url, objects, elsewhere) in [
        (None, 1, 0),
        (Some("s3://other"), 1, 0),
        (Some("s3://other/"), 1, 0),
        (Some("s3://oth"), 0, 1),
        (Some("file:///a"), 0, 1),
    ] {
        let rules = PruneRules {
            store: url.map(str::to_owned),
            ..rules.clone()
        };
        let plan = store.plan_prune(&rules, &[]).unwrap();
        assert_eq!(plan.artifacts.len(), 1);
        assert_eq!(
            (plan.objects.len(), plan.elsewhere),
            (objects, elsewhere),
            "{url:?}"
        );
    }
}

#[test]
fn a_run_with_many_rows_goes_in_portions() {
    let (store, ..) = with_a_step();
    let rules = with_a_newer_run(&store);
    execute(
        &store,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
         INSERT INTO log (step, line, time, level, target, message) SELECT 1, i, 0, 'INFO', 't', 'm' FROM n;
         INSERT INTO metric (step, name, value, position, time) SELECT 1, 'm' || line, 1.0, line, 0 FROM log WHERE line <= 4000;
         INSERT INTO log (step, line, time, level, target, message) VALUES (2, 1, 0, 'INFO', 't', 'of another');",
    );
    store.condemn(&store.plan_prune(&rules, &[]).unwrap()).unwrap();
    let swept = store.sweep_condemned(&rules).unwrap();
    assert_eq!((swept.runs, swept.steps, swept.artifacts), (1, 1, 1));
    assert_eq!(count(&store, "SELECT count(*) FROM log"), 1);
    assert_eq!(
        count(
            &store,
            "SELECT (SELECT count(*) FROM metric) + (SELECT count(*) FROM edge) + (SELECT count(*) FROM step)"
        ),
        0
    );
    assert_eq!(count(&store, "SELECT count(*) FROM run"), 1);
}
