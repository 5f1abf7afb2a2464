//! A database of an older zen.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;
use zen_core::metadata::{
    ArtifactFilter, MetadataStore, RunFilter, ScheduleChanges, ScheduleFilter, ServiceFilter, SlotFilter,
    Status, Upkeep,
};

use super::samples::{everything, fill, fill_schedules};
use super::{database, open};

/// Each table with the names of its columns.
fn tables(path: &Path) -> Vec<(String, String)> {
    let names = texts(
        path,
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
    );
    let with_columns = |name: String| {
        let columns = texts(path, &format!("SELECT name FROM pragma_table_info('{name}')"));
        (name, columns.join(", "))
    };
    names.into_iter().map(with_columns).collect()
}

/// All rows of these tables, as SQLite gives them.
fn rows(path: &Path, tables: &[(String, String)]) -> Vec<Vec<Vec<Value>>> {
    let conn = Connection::open(path).unwrap();
    let of_table = |(table, columns): &(String, String)| {
        let mut statement = conn.prepare(&format!("SELECT {columns} FROM {table}")).unwrap();
        let columns = statement.column_count();
        let rows = statement
            .query_map([], |row| (0..columns).map(|column| row.get(column)).collect())
            .unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    tables.iter().map(of_table).collect()
}

fn texts(path: &Path, sql: &str) -> Vec<String> {
    let conn = Connection::open(path).unwrap();
    let mut statement = conn.prepare(sql).unwrap();
    let texts = statement.query_map([], |row| row.get(0)).unwrap();
    texts.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_database_of_version_1_is_upgraded_and_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let conn = Connection::open(&path).unwrap();
    conn.pragma_update(None, "journal_mode", "wal").unwrap();
    conn.execute_batch(include_str!("version_1.sql")).unwrap();
    drop(conn);
    let tables = tables(&path);
    assert_eq!(tables.len(), 10);
    let written = rows(&path, &tables);
    assert!(written.iter().all(|rows| !rows.is_empty()));

    // The second time there is nothing to upgrade.
    for _ in 0..2 {
        let store = open(&path);
        let runs = store.runs(&RunFilter::default()).unwrap();
        assert_eq!(runs.len(), 1);
        assert_eq!(
            (runs[0].name.as_str(), runs[0].status),
            ("brave-otter", Status::Running)
        );
        let steps = store.steps(runs[0].id).unwrap();
        assert_eq!(steps.len(), 2);
        for step in steps {
            let artifact = store.artifact(step.outputs[0].artifact).unwrap().unwrap();
            assert_eq!(store.object(artifact.digest).unwrap(), Some(vec![7; 300]));
            assert_eq!(artifact.statistics, None);
            assert_eq!(store.consumers(artifact.id).unwrap(), std::slice::from_ref(&step));
            assert_eq!(store.metrics(step.id).unwrap()[0].value, f64::INFINITY);
            assert_eq!(store.logs(step.id, 0, 9).unwrap()[0].message, "hello");
        }
        assert_eq!(store.artifacts(&ArtifactFilter::default()).unwrap().len(), 2);
        assert!(store.services(&ServiceFilter::default()).unwrap().is_empty());
        assert!(store.programs_in_use().unwrap().is_empty());
    }
    // An upgrade may add columns, which come after those there were, and which nothing has been written to.
    let mut now = rows(&path, &tables);
    for (now, written) in now.iter_mut().flatten().zip(written.iter().flatten()) {
        assert!(now[written.len()..].iter().all(|value| *value == Value::Null));
        now.truncate(written.len());
    }
    assert_eq!(now, written, "an upgrade changed what was there");

    let fresh = folder.path().join("fresh.db");
    drop(open(&fresh));
    for sql in [
        "SELECT name || ': ' || coalesce(sql, '') FROM sqlite_schema ORDER BY name",
        "SELECT CAST(user_version AS TEXT) FROM pragma_user_version",
        "SELECT CAST(application_id AS TEXT) FROM pragma_application_id",
    ] {
        assert_eq!(
            texts(&path, sql),
            texts(&fresh, sql),
            "an upgraded database is not like a new one"
        );
    }

    let store = open(&path);
    fill(&store, 3);
    let filled = everything(&store).unwrap();
    assert_eq!(store.services(&ServiceFilter::default()).unwrap().len(), 3);
    assert_eq!(store.pipelines().unwrap()[0].runs, 2);
    drop(store);
    assert_eq!(everything(&open(&path)).unwrap(), filled);
}

/// What made a database of version 1 one of version 4. Like all of them, never edited again.
const TO_VERSION_4: [&str; 3] = [
    include_str!("../../../../zen-core/src/metadata/sqlite/migrations/0002_services.sql"),
    include_str!("../../../../zen-core/src/metadata/sqlite/migrations/0003_statistics.sql"),
    include_str!("../../../../zen-core/src/metadata/sqlite/migrations/0004_prune.sql"),
];

/// A service, a released lease, and a prune that was killed when its marks were sealed.
const ROWS_OF_VERSION_4: &str = "
    INSERT INTO service (id, name, backend, kind, config, desired, state, last_state, seen, version, created, updated)
    VALUES (x'01a1feaa92e2747aafc514f14c7b8001', 'old', 'local', 'k', '{}', 'inactive', 'inactive', 'inactive', 1, 1, 2, 3);
    INSERT INTO service_version (service, number, config, program_path, program_digest, state, started)
    SELECT id, 1, '{}', '/bin/p', zeroblob(32), 'inactive', 4 FROM service;
    INSERT INTO lease (key, token) VALUES ('k', 7);
    INSERT INTO prune (no, sealed) VALUES (3, 1);
    INSERT INTO prune_barrier (prune, id) SELECT 3, id FROM run;
    UPDATE run SET tags = '[\"a\"]', resumed_from = id;";

#[test]
fn a_database_of_version_4_is_upgraded_and_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let conn = Connection::open(&path).unwrap();
    conn.pragma_update(None, "journal_mode", "wal").unwrap();
    conn.execute_batch(include_str!("version_1.sql")).unwrap();
    for migration in TO_VERSION_4 {
        conn.execute_batch(migration).unwrap();
    }
    conn.pragma_update(None, "user_version", 4).unwrap();
    conn.execute_batch(ROWS_OF_VERSION_4).unwrap();
    drop(conn);
    let tables = tables(&path);
    let written = rows(&path, &tables);

    for _ in 0..2 {
        let store = open(&path);
        let runs = store.runs(&RunFilter::default()).unwrap();
        assert_eq!((runs.len(), &runs[0].slot), (1, &None));
        assert_eq!(runs[0].resumed_from, Some(runs[0].id));
        assert_eq!(store.steps(runs[0].id).unwrap().len(), 2);
        let services = store.services(&ServiceFilter::default()).unwrap();
        assert_eq!(services[0].name, "old");
        assert_eq!(store.programs_in_use().unwrap().len(), 1);
        assert_eq!(store.pending_prunes().unwrap()[0].waits_for, [runs[0].id]);
        assert!(store.schedules(&ScheduleFilter::default()).unwrap().is_empty());
        assert!(store.slots(&SlotFilter::default()).unwrap().is_empty());
        assert_eq!(store.schedule_changes(0).unwrap(), ScheduleChanges::default());
        assert!(store.hooks(runs[0].id).unwrap().is_empty());
        assert_eq!(store.check().unwrap(), Vec::<String>::new());
    }
    let mut now = rows(&path, &tables);
    for (now, written) in now.iter_mut().flatten().zip(written.iter().flatten()) {
        assert!(now[written.len()..].iter().all(|value| *value == Value::Null));
        now.truncate(written.len());
    }
    assert_eq!(now, written, "an upgrade changed what was there");

    let store = open(&path);
    fill_schedules(&store, 3);
    let filled = everything(&store).unwrap();
    drop(store);
    assert_eq!(everything(&open(&path)).unwrap(), filled);
}
