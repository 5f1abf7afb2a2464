//! What can only be seen from inside: rows no zen wrote, and how queries are executed.

mod prune;
mod schedules;
mod services;

use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;

use super::SqliteMetadata;
use crate::artifact::Digest;
use crate::metadata::{
    ArtifactFilter, Change, MetadataError, MetadataStore, RunFilter, RunRecord, Status, conformance,
};

#[test]
fn the_store_in_memory_conforms() {
    conformance::run_all(&|| Box::new(SqliteMetadata::in_memory().unwrap()));
}

fn execute(store: &SqliteMetadata, sql: &str) {
    store
        .write("preparing a test", |conn| Ok(conn.execute_batch(sql)?))
        .unwrap();
}

fn with_a_run() -> (SqliteMetadata, Uuid) {
    let id = Uuid::now_v7();
    let run = RunRecord {
        id,
        pipeline: "p".to_owned(),
        pipeline_version: 0,
        pipeline_path: None,
        graph_hash: Digest::of(b"g"),
        name: "n".to_owned(),
        status: Status::Running,
        arguments: json!(null),
        arguments_encoded: Vec::new(),
        started: DateTime::UNIX_EPOCH,
        ended: None,
        process: None,
        pid: 1,
        host: String::new(),
        user: String::new(),
        git_commit: None,
        zen_version: String::new(),
        program: None,
        resumed_from: None,
        slot: None,
        error: None,
        died: false,
        tags: Vec::new(),
    };
    let store = SqliteMetadata::in_memory().unwrap();
    store
        .apply(&[Change::RunStarted {
            run: Box::new(run),
            graph: Some(json!({})),
        }])
        .unwrap();
    (store, id)
}

#[test]
fn a_row_no_zen_wrote_is_told_with_its_column() {
    for (assignment, column, reason) in [
        ("status = 'banana'", "status", "`banana` is no status"),
        ("graph_hash = x'00'", "graph_hash", "32"),
        ("process = x'0011'", "process", "16"),
        ("tags = '[\"a\"'", "tags", "EOF"),
        ("tags = '{}'", "tags", "map"),
        ("started = 9223372036854775807", "started", "no time"),
        ("ended = 9223372036854775807", "ended", "no time"),
        ("pid = -1", "pid", "-1"),
        ("pipeline = 77", "pipeline", "Null"),
        ("name = CAST(x'ff' AS TEXT)", "name", "utf-8"),
    ] {
        let (store, run) = with_a_run();
        execute(
            &store,
            &format!("PRAGMA foreign_keys = OFF; UPDATE run SET {assignment}"),
        );
        let error = store.run(run).unwrap_err();
        assert!(
            matches!(error, MetadataError::Damaged { .. }),
            "{assignment}: {error:?}"
        );
        let text = error.to_string();
        for part in [run.to_string().as_str(), column, reason] {
            assert!(text.contains(part), "`{text}` does not name {part}");
        }
        assert!(store.runs(&RunFilter::default()).is_err(), "{assignment}");
    }
}

#[test]
fn a_status_no_zen_wrote_does_not_end_a_run() {
    let (store, run) = with_a_run();
    execute(&store, "UPDATE run SET status = ''");
    let ended = Change::RunEnded {
        run,
        status: Status::Completed,
        error: None,
        ended: DateTime::UNIX_EPOCH,
    };
    assert!(matches!(
        store.apply(&[ended]),
        Err(MetadataError::Damaged { .. })
    ));
}

/// How SQLite executes a query, one line for each table it visits.
fn plan(store: &SqliteMetadata, sql: &str) -> String {
    store
        .write("preparing a test", |conn| {
            let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let parameters = vec![None::<i64>; statement.parameter_count()];
            let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
            let mut plan = String::new();
            while let Some(row) = rows.next()? {
                plan.push_str(&row.get::<_, String>(3)?);
                plan.push('\n');
            }
            Ok(plan)
        })
        .unwrap()
}

/// No query may look at rows it does not return, nor sort a list it returns a page of: each is told which index it
/// must use.
#[test]
fn queries_use_their_indexes() {
    let store = SqliteMetadata::in_memory().unwrap();
    let mut queries = vec![
        (super::cached::STEP.to_owned(), "step_by_cache_key"),
        (super::cached::outputs_sql(), "object_by_digest"),
        (super::artifacts::by_number_sql(), "artifact_by_number"),
        (super::objects::bytes_sql(), "object_by_digest"),
        (super::observations::METRICS.to_owned(), "metric_by_step"),
        (
            super::observations::LOGS.to_owned(),
            "SEARCH log USING PRIMARY KEY (step=? AND line>?)",
        ),
    ];
    for before in [None, Some(Uuid::nil())] {
        for (pipeline, status, index) in [
            (None, None, "run USING INDEX sqlite_autoindex_run_1"),
            (Some(String::new()), None, "run_by_pipeline (pipeline=?"),
            (None, Some(Status::Failed), "run_by_status (status=?"),
            (
                Some(String::new()),
                Some(Status::Failed),
                "run_by_pipeline_and_status (pipeline=? AND status=?",
            ),
        ] {
            let filter = RunFilter {
                pipeline,
                status,
                before,
                limit: Some(1),
                ..RunFilter::default()
            };
            queries.push((super::runs::list_sql(&filter).0, index));
        }
        for (name, run, index) in [
            (None, None, "artifact USING INDEX sqlite_autoindex_artifact_1"),
            (Some(String::new()), None, "artifact_by_name (name=?"),
            (None, Some(Uuid::nil()), "artifact_by_run (producer_run=?"),
        ] {
            let filter = ArtifactFilter {
                name,
                run,
                before,
                ..ArtifactFilter::default()
            };
            queries.push((super::artifacts::list_sql(&filter).0, index));
        }
    }
    queries.extend(super::step_queries::all_sql());
    queries.extend(super::prune::queries().map(|(sql, index)| (sql.to_owned(), index)));
    for (sql, index) in queries {
        let plan = plan(&store, &sql);
        assert!(
            plan.contains(index) && !plan.contains("TEMP B-TREE"),
            "without {index}: {sql}\n{plan}"
        );
        let searches = plan
            .lines()
            .all(|line| !line.starts_with("SCAN") || line.contains(" USING INDEX sqlite_autoindex"));
        assert!(searches, "{sql}\n{plan}");
    }
    let by_step = ArtifactFilter {
        step: Some(Uuid::nil()),
        ..ArtifactFilter::default()
    };
    let newest = ArtifactFilter {
        newest_only: true,
        limit: Some(1),
        ..ArtifactFilter::default()
    };
    // Names are few beside versions: their ids may be sorted.
    let newest = plan(&store, &super::artifacts::list_sql(&newest).0);
    assert!(
        newest.contains("artifact_by_number (name=? AND number=?)"),
        "{newest}"
    );
    assert!(!newest.contains("SCAN artifact\n"), "{newest}");
    // A step's artifacts are few: they may be sorted.
    let plan = plan(&store, &super::artifacts::list_sql(&by_step).0);
    assert!(plan.contains("artifact_by_step (producer_step=?)"), "{plan}");
}
