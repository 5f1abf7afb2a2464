//! What must be true of a store after its program was killed, whenever that was.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use zen_core::artifact::Digest;

/// What is wrong, in words; empty when nothing is.
pub type Wrongs = Vec<String>;

/// What a store says after a kill.
#[derive(Debug, Default)]
pub struct Found {
    /// The names of the steps recorded as finished, of the unfinished chain of runs of each pipeline: these are not to be executed again.
    pub finished: HashMap<String, HashSet<String>>,
    /// The pipelines whose last run has completed: the next one begins afresh.
    pub completed: HashSet<String>,
    /// Objects that were being written.
    pub half_written: usize,
    /// What is wrong.
    pub wrongs: Wrongs,
}

/// Looks at the database without zen, and at every object.
pub fn check(home: &Path) -> Found {
    let mut found = Found::default();
    let database = home.join("metadata.db");
    if database.exists()
        && let Err(error) = database_is_sound(&database, home, &mut found)
    {
        found.wrongs.push(format!("{}: {error}", database.display()));
    }
    objects_are_whole(&home.join("artifacts/objects"), &mut found);
    found
}

fn database_is_sound(path: &Path, home: &Path, found: &mut Found) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        // Killed before the schema was committed.
        return Ok(());
    }
    let integrity: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if integrity != "ok" {
        found.wrongs.push(format!("integrity_check: {integrity}"));
    }
    let orphans: i64 = conn.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
        row.get(0)
    })?;
    if orphans != 0 {
        found
            .wrongs
            .push(format!("{orphans} rows refer to rows that are not there"));
    }
    outputs_are_there(&conn, home, found)?;
    runs_have_ended(&conn, found)
}

/// Every output of a finished step exists and is what its digest says.
fn outputs_are_there(conn: &Connection, home: &Path, found: &mut Found) -> rusqlite::Result<()> {
    let mut statement = conn.prepare(
        "SELECT DISTINCT step.name, artifact.digest, artifact.uri IS NULL,
                (SELECT bytes FROM object WHERE object.digest = artifact.digest)
         FROM step LEFT JOIN edge ON edge.step = step.no AND edge.output = 1
                   LEFT JOIN artifact ON artifact.id = edge.artifact
         WHERE step.status IN ('completed', 'cached')",
    )?;
    let mut rows = statement.query([])?;
    let mut seen = HashSet::new();
    while let Some(row) = rows.next()? {
        let step: String = row.get(0)?;
        let Some(digest) = row.get::<_, Option<[u8; 32]>>(1)? else {
            found
                .wrongs
                .push(format!("`{step}` is finished and has no output"));
            continue;
        };
        if !seen.insert(digest) {
            continue;
        }
        let digest = Digest::from_bytes(digest);
        let bytes = match row.get::<_, bool>(2)? {
            true => row.get::<_, Option<Vec<u8>>>(3)?,
            false => std::fs::read(object_path(home, digest)).ok(),
        };
        match bytes {
            None => found
                .wrongs
                .push(format!("the output {digest} of `{step}` is not there")),
            Some(bytes) if Digest::of(&bytes) != digest => {
                found
                    .wrongs
                    .push(format!("the output {digest} of `{step}` is damaged"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn object_path(home: &Path, digest: Digest) -> PathBuf {
    let hex = digest.to_string();
    home.join("artifacts/objects").join(&hex[..2]).join(&hex[2..])
}

/// Only the newest run of a pipeline may be under way: before it began, those of dead processes were settled.
fn runs_have_ended(conn: &Connection, found: &mut Found) -> rusqlite::Result<()> {
    struct Run {
        status: String,
        resumed: Option<Vec<u8>>,
        pipeline: String,
    }
    let mut runs: BTreeMap<Vec<u8>, Run> = BTreeMap::new();
    let mut statement = conn.prepare(
        "SELECT run.id, run.status, run.resumed_from, pipeline.name FROM run JOIN pipeline ON pipeline.no = run.pipeline",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let run = Run {
            status: row.get(1)?,
            resumed: row.get(2)?,
            pipeline: row.get(3)?,
        };
        runs.insert(row.get(0)?, run);
    }
    let steps = |sql: &str, run: &[u8]| -> rusqlite::Result<BTreeSet<String>> {
        let mut statement = conn.prepare(sql)?;
        let names = statement.query_map([run], |row| row.get(0))?;
        names.collect()
    };
    let names: BTreeSet<String> = runs.values().map(|run| run.pipeline.clone()).collect();
    for pipeline in names {
        let mut of_it = runs.iter().filter(|(_, run)| run.pipeline == pipeline).rev();
        let Some((newest, last)) = of_it.next() else {
            continue;
        };
        for (id, run) in of_it {
            let open = steps(
                "SELECT name FROM step WHERE run = ?1 AND status IN ('running', 'queued', 'retrying')",
                id,
            )?;
            if matches!(run.status.as_str(), "running" | "queued") || !open.is_empty() {
                found.wrongs.push(format!(
                    "a run of `{pipeline}` before the last is {}, its steps {open:?} are under way",
                    run.status
                ));
            }
        }
        if last.status == "completed" {
            // Killed between its last word and its end.
            found.completed.insert(pipeline);
            continue;
        }
        let mut finished = HashSet::new();
        let mut next = Some(newest.clone());
        while let Some((id, run)) = next.as_ref().and_then(|id| runs.get_key_value(id)) {
            finished.extend(steps(
                "SELECT name FROM step WHERE run = ?1 AND status IN ('completed', 'cached')",
                id,
            )?);
            next.clone_from(&run.resumed);
        }
        found.finished.insert(pipeline, finished);
    }
    Ok(())
}

/// Whatever has an object's name is that object, wholly.
fn objects_are_whole(objects: &Path, found: &mut Found) {
    for path in list(objects).iter().flat_map(|folder| list(folder)) {
        let text = path.display().to_string();
        if text.contains('#') {
            found.half_written += 1;
            continue;
        }
        let name: String = text
            .rsplit('/')
            .take(2)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        match std::fs::read(&path) {
            Ok(bytes) if Digest::of(&bytes).to_string() == name => {}
            Ok(_) => found
                .wrongs
                .push(format!("the object {text} is not what its name says")),
            Err(error) => found
                .wrongs
                .push(format!("the object {text} can't be read: {error}")),
        }
    }
}

/// What is in a folder; nothing when it isn't there.
pub fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

/// The processes that have this folder as their `ZEN_HOME`.
pub fn processes_of(home: &Path) -> Vec<u32> {
    let wanted = format!("ZEN_HOME={}", home.display());
    let has = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|entry| entry == wanted.as_bytes())
    };
    let listed = list(Path::new("/proc"));
    let pids = listed
        .iter()
        .filter_map(|path| path.file_name()?.to_str()?.parse().ok());
    pids.filter(has).collect()
}
