//! The floor: the rows that a run of zen added to its database, added to a copy of that database by hand.
//!
//! The copy is taken just before the run, so that both start from the same tables. The pragmas are those of zen. Rows are written by prepared
//! statements, as many steps in a transaction as a good program by hand would take together.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, Transaction, TransactionBehavior, params, params_from_iter};

/// How many steps are written in one transaction.
const GROUP: usize = 64;

type Cells = Vec<Value>;

/// A table's columns and the rows that were added to it.
#[derive(Debug)]
struct Added {
    table: &'static str,
    columns: Vec<String>,
    rows: Vec<Cells>,
}

impl Added {
    fn read(conn: &Connection, table: &'static str, condition: &str) -> Self {
        let mut query = conn
            .prepare(&format!("SELECT * FROM {table} WHERE {condition}"))
            .expect("a query");
        let columns: Vec<String> = query.column_names().map(str::to_owned).collect();
        let count = columns.len();
        let rows = query
            .query_map([], |row| (0..count).map(|index| row.get(index)).collect())
            .expect("rows");
        let rows = rows.collect::<Result<_, _>>().expect("rows");
        Self { table, columns, rows }
    }

    fn column(&self, name: &str) -> usize {
        self.columns
            .iter()
            .position(|column| column == name)
            .expect("a column that zen's schema has")
    }

    fn insert<'conn>(&self, conn: &'conn Connection) -> CachedStatement<'conn> {
        let places = vec!["?"; self.columns.len()].join(", ");
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({places})",
            self.table,
            self.columns.join(", ")
        );
        conn.prepare_cached(&sql).expect("a statement")
    }
}

/// How far a database has got.
#[derive(Debug)]
pub(crate) struct Mark {
    last: HashMap<&'static str, i64>,
}

const TABLES: [&str; 5] = ["run", "step", "artifact_name", "artifact", "object"];

impl Mark {
    /// Notes how far zen's database has got, and copies it to `copy`. Nothing may be written meanwhile.
    pub(crate) fn copy(database: &Path, copy: &Path) -> Self {
        let conn = Connection::open(database).expect("zen's database");
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .expect("a checkpoint");
        std::fs::copy(database, copy).expect("a copy of the database");
        let last = |table: &'static str| {
            let sql = format!("SELECT coalesce(max(rowid), 0) FROM {table}");
            (
                table,
                conn.query_row(&sql, [], |row| row.get(0)).expect("the last row"),
            )
        };
        Self {
            last: TABLES.into_iter().map(last).collect(),
        }
    }

    /// How far it had got before its last run, which made no new names.
    pub(crate) fn before_last_run(database: &Path) -> Self {
        let conn = Connection::open(database).expect("zen's database");
        let first = |table: &'static str, sql: &str| {
            let sql = format!(
                "SELECT coalesce((SELECT min(rowid) FROM {table} WHERE {sql}), max(rowid) + 1) - 1 FROM {table}"
            );
            (table, conn.query_row(&sql, [], |row| row.get(0)).expect("a row"))
        };
        let last = "(SELECT id FROM run ORDER BY rowid DESC LIMIT 1)";
        let object = format!("digest IN (SELECT digest FROM artifact WHERE producer_run = {last})");
        let first = [
            first("run", &format!("id = {last}")),
            first("step", &format!("run = {last}")),
            first("artifact_name", "false"),
            first("artifact", &format!("producer_run = {last}")),
            first("object", &object),
        ];
        Self {
            last: first.into_iter().collect(),
        }
    }
}

/// What a run of zen has written, and what it has looked up.
#[derive(Debug)]
pub(crate) struct Recording {
    run: Added,
    steps: Added,
    names: Added,
    artifacts: Added,
    objects: Added,
    edges: Added,
    /// For every step: its artifacts and its edges, by their place in the lists above.
    parts: Vec<Parts>,
}

#[derive(Debug, Default)]
struct Parts {
    artifacts: Vec<Artifact>,
    edges: Vec<usize>,
}

#[derive(Debug)]
struct Artifact {
    row: usize,
    object: Option<usize>,
    /// The new name it has, or the number of the name it is another version of.
    name: Option<usize>,
}

impl Recording {
    /// Reads what was added to zen's database since the mark.
    pub(crate) fn read(database: &Path, mark: &Mark) -> Self {
        let conn = Connection::open(database).expect("zen's database");
        let since = |table| {
            Added::read(
                &conn,
                table,
                &format!("rowid > {} ORDER BY rowid", mark.last[table]),
            )
        };
        let (run, steps, names) = (since("run"), since("step"), since("artifact_name"));
        let (artifacts, objects) = (since("artifact"), since("object"));
        let edges = Added::read(
            &conn,
            "edge",
            &format!("step > {} ORDER BY step, output, position", mark.last["step"]),
        );
        let by = |added: &Added, column: &str| -> HashMap<String, usize> {
            let column = added.column(column);
            added
                .rows
                .iter()
                .enumerate()
                .map(|(place, row)| (format!("{:?}", row[column]), place))
                .collect()
        };
        let (step_ids, step_nos) = (by(&steps, "id"), by(&steps, "no"));
        let (mut new_names, mut new_objects) = (by(&names, "no"), by(&objects, "digest"));
        let mut parts: Vec<Parts> = steps.rows.iter().map(|_| Parts::default()).collect();
        let (producer, name, digest) = (
            artifacts.column("producer_step"),
            artifacts.column("name"),
            artifacts.column("digest"),
        );
        for (row, cells) in artifacts.rows.iter().enumerate() {
            let step = step_ids[&format!("{:?}", cells[producer])];
            // The first artifact of a name or of an object brings it along.
            let object = new_objects.remove(&format!("{:?}", cells[digest]));
            let name = new_names.remove(&format!("{:?}", cells[name]));
            parts[step].artifacts.push(Artifact { row, object, name });
        }
        let step = edges.column("step");
        for (place, cells) in edges.rows.iter().enumerate() {
            parts[step_nos[&format!("{:?}", cells[step])]].edges.push(place);
        }
        Self {
            run,
            steps,
            names,
            artifacts,
            objects,
            edges,
            parts,
        }
    }

    /// How many steps there are.
    pub(crate) fn len(&self) -> usize {
        self.parts.len()
    }
}

/// The database by hand.
#[derive(Debug)]
pub(crate) struct Floor {
    conn: Connection,
}

const COUNT: &str = "UPDATE artifact_name SET last = last + 1 WHERE no = ?1";

const BY_KEY: &str =
    "SELECT id, no, run FROM step WHERE substr(cache_key, 1, 8) = substr(?1, 1, 8) AND cache_key = ?1
    AND status = 'completed' AND (expires IS NULL OR expires > ?2) ORDER BY no DESC LIMIT 1";

const OUTPUTS: &str = "SELECT artifact.*, edge.name, object.bytes
    FROM edge CROSS JOIN artifact ON artifact.id = edge.artifact
    LEFT JOIN object ON substr(object.digest, 1, 8) = substr(artifact.digest, 1, 8)
        AND object.digest = artifact.digest AND artifact.uri IS NULL
    WHERE edge.step = ?1 AND edge.output = 1 ORDER BY edge.position";

impl Floor {
    /// Opens a copy that [`Mark::copy`] made.
    pub(crate) fn open(database: &Path, power: bool) -> Self {
        let conn = Connection::open(database).expect("the copy");
        let pragma = |name: &str, value: &str| {
            conn.execute_batch(&format!("PRAGMA {name} = {value}"))
                .expect("a pragma");
        };
        pragma("journal_mode", "wal");
        pragma("synchronous", if power { "full" } else { "normal" });
        pragma("wal_autocheckpoint", "4000");
        pragma("cache_size", "-16000");
        pragma("foreign_keys", "on");
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .expect("an option");
        Self { conn }
    }

    /// Does what zen has done before its second run: compiles the statements, reads the pages, begins the write-ahead log.
    pub(crate) fn warm_up(&self, recording: &Recording) {
        let Recording {
            run,
            steps,
            names,
            artifacts,
            objects,
            edges,
            ..
        } = recording;
        self.conn.set_prepared_statement_cache_capacity(32);
        [run, steps, names, artifacts, objects, edges]
            .iter()
            .for_each(|added| drop(added.insert(&self.conn)));
        [COUNT, BY_KEY, OUTPUTS]
            .iter()
            .for_each(|sql| drop(self.conn.prepare_cached(sql).expect("a statement")));
        let whole: String = self
            .conn
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("a check");
        assert_eq!(whole, "ok");
        self.conn
            .execute_batch("PRAGMA user_version = 1")
            .expect("a transaction");
    }

    /// Writes what a run has written. `before` is called before each step is written, with its number. `look_up` looks each step up by
    /// its key first, and reads the outputs of what it finds.
    pub(crate) fn write(&mut self, recording: &Recording, look_up: bool, mut before: impl FnMut(usize)) {
        let Recording {
            run,
            steps,
            names,
            artifacts,
            objects,
            edges,
            parts,
        } = recording;
        let key = steps.column("cache_key");
        let name_of = artifacts.column("name");
        let conn = &self.conn;
        let mut insert_run = run.insert(conn);
        let (mut insert_step, mut insert_edge) = (steps.insert(conn), edges.insert(conn));
        let (mut insert_name, mut insert_artifact) = (names.insert(conn), artifacts.insert(conn));
        let mut insert_object = objects.insert(conn);
        let cached = |sql| conn.prepare_cached(sql).expect("a statement");
        let (mut count_version, mut by_key, mut outputs) = (cached(COUNT), cached(BY_KEY), cached(OUTPUTS));
        let begin =
            || Transaction::new_unchecked(conn, TransactionBehavior::Immediate).expect("a transaction");
        for row in &run.rows {
            insert_run.execute(params_from_iter(row)).expect("a run");
        }
        for group in (0..parts.len()).collect::<Vec<_>>().chunks(GROUP) {
            let transaction = begin();
            for &step in group {
                before(step);
                if look_up {
                    let found: i64 = by_key
                        .query_row(params![steps.rows[step][key], i64::MAX - 1], |row| row.get(1))
                        .expect("an earlier step");
                    let mut rows = outputs.query([found]).expect("outputs");
                    while let Some(row) = rows.next().expect("outputs") {
                        let count = row.as_ref().column_count();
                        (0..count).for_each(|index| drop(row.get::<_, Value>(index).expect("a value")));
                    }
                }
                for artifact in &parts[step].artifacts {
                    if let Some(object) = artifact.object {
                        insert_object
                            .execute(params_from_iter(&objects.rows[object]))
                            .expect("an object");
                    }
                    let row = &artifacts.rows[artifact.row];
                    match artifact.name {
                        Some(name) => insert_name
                            .execute(params_from_iter(&names.rows[name]))
                            .expect("a name"),
                        None => count_version.execute([&row[name_of]]).expect("a name"),
                    };
                    insert_artifact
                        .execute(params_from_iter(row))
                        .expect("an artifact");
                }
                insert_step
                    .execute(params_from_iter(&steps.rows[step]))
                    .expect("a step");
                for edge in &parts[step].edges {
                    insert_edge
                        .execute(params_from_iter(&edges.rows[*edge]))
                        .expect("an edge");
                }
            }
            transaction.commit().expect("a commit");
        }
        let ended = "UPDATE run SET status = 'completed', ended = ?2 WHERE id = ?1";
        let id = run.column("id");
        for row in &run.rows {
            conn.execute(ended, params![row[id], i64::MAX])
                .expect("the run's end");
        }
    }
}
