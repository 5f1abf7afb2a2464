//! Deleting what is marked, once nobody can refer to it any more.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::super::fault::Outcome;
use super::super::values::{self, Snapshot};
use super::super::{cancel_requests, hooks, trackings};
use super::plan::{all_runs, close, content};
use super::{marks, needs};
use crate::artifact::Digest;
use crate::metadata::{KeepReason, PruneRules};

pub(super) const USED: &str = "SELECT 1 FROM edge WHERE artifact = ?1";

/// What stays of a run's artifacts remembers where it came from.
pub(super) const REMEMBER: &str =
    "UPDATE artifact SET metadata = json_set(coalesce(metadata, '{}'), '$.pruned_producer', json_object(
         'pipeline', (SELECT name FROM pipeline WHERE no = ?2), 'run', (SELECT name FROM run WHERE id = ?1),
         'step', (SELECT name FROM step WHERE step.id = artifact.producer_step)))
     WHERE producer_run = ?1 AND NOT EXISTS (SELECT 1 FROM condemned_artifact AS c WHERE c.id = artifact.id)";

/// What a run has much of goes before it, some at a time.
pub(super) const LOGS: &str = "DELETE FROM log WHERE (step, line) IN (SELECT log.step, log.line
    FROM step CROSS JOIN log ON log.step = step.no WHERE step.run = ?1 LIMIT ?2)";

pub(super) const METRICS: &str = "DELETE FROM metric WHERE no IN (SELECT metric.no
    FROM step CROSS JOIN metric ON metric.step = step.no WHERE step.run = ?1 LIMIT ?2)";

/// How many rows go at a time.
const PORTION: usize = 2000;

/// What a sweep is to do.
#[derive(Debug, Default)]
pub(in super::super) struct Work {
    pub(in super::super) prunes: Vec<u64>,
    pub(in super::super) runs: Vec<Uuid>,
    pub(in super::super) artifacts: Vec<Uuid>,
    pub(in super::super) slots: Vec<Uuid>,
    /// Marked before, and referred to by now.
    pub(in super::super) spared: Vec<Spared>,
}

/// A mark to be lifted.
#[derive(Debug)]
pub(in super::super) enum Spared {
    Run(Uuid),
    Artifact(Uuid),
    Object(Digest),
}

/// Looks at everything that sealed prunes have marked, of those that wait for nothing.
pub(in super::super) fn look(conn: &Connection, rules: &PruneRules) -> Outcome<Work> {
    let _snapshot = Snapshot::begin(conn)?;
    let ready = marks::pending(conn)?
        .into_iter()
        .filter(|prune| prune.waits_for.is_empty());
    let prunes: Vec<u64> = ready.map(|prune| prune.no).collect();
    if prunes.is_empty() {
        return Ok(Work::default());
    }
    let runs = all_runs(conn)?;
    let condemned: HashSet<Uuid> = marked(conn, "run", &prunes)?.into_iter().collect();
    let needs = needs::all(conn)?;
    let mut stays: HashMap<Uuid, KeepReason> = runs
        .iter()
        .filter(|run| !condemned.contains(&run.id) || needs.runs.contains_key(&run.id))
        .map(|run| (run.id, KeepReason::InKeptRun))
        .collect();
    close(conn, &runs, &mut stays)?;
    let content = content(conn, rules, &needs, &stays)?;
    let going: HashSet<Uuid> = content.artifacts.into_iter().collect();
    let mut work = Work {
        prunes,
        ..Work::default()
    };
    for run in runs.iter().map(|run| run.id).filter(|id| condemned.contains(id)) {
        match stays.contains_key(&run) {
            true => work.spared.push(Spared::Run(run)),
            false => work.runs.push(run),
        }
    }
    for artifact in marked(conn, "artifact", &work.prunes)? {
        match going.contains(&artifact) {
            true => work.artifacts.push(artifact),
            false => work.spared.push(Spared::Artifact(artifact)),
        }
    }
    work.slots = marked(conn, "slot", &work.prunes)?;
    Ok(work)
}

fn marked(conn: &Connection, what: &str, prunes: &[u64]) -> Outcome<Vec<Uuid>> {
    let sql = format!("SELECT id FROM condemned_{what} WHERE prune = ?1");
    let mut found = Vec::new();
    for prune in prunes {
        found.extend(values::all(conn, "mark", &sql, [prune.cast_signed()], |row| {
            row.uuid()
        })?);
    }
    Ok(found)
}

/// The marked objects of these prunes, and of them those that something refers to: asked when the marked artifacts are gone.
pub(in super::super) fn look_at_objects(
    conn: &Connection,
    prunes: &[u64],
    named: &HashSet<Digest>,
) -> Outcome<(Vec<Digest>, Vec<Spared>)> {
    let _snapshot = Snapshot::begin(conn)?;
    let mut marked = Vec::new();
    for prune in prunes {
        let sql = "SELECT digest, inline FROM condemned_object WHERE prune = ?1 AND deleter IS NULL";
        marked.extend(values::all(
            conn,
            "condemned object",
            sql,
            [prune.cast_signed()],
            |row| Ok((row.digest()?, row.get::<bool>()?)),
        )?);
    }
    if marked.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let known: HashSet<Digest> = marked.iter().map(|(digest, _)| *digest).collect();
    let mut needed: HashSet<Digest> = needs::all(conn)?.digests.into_keys().collect();
    needed.extend(named);
    needed.retain(|digest| known.contains(digest));
    values::all(conn, "artifact", "SELECT digest FROM artifact", [], |row| {
        let digest = row.digest()?;
        if known.contains(&digest) {
            needed.insert(digest);
        }
        Ok(())
    })?;
    let going = marked
        .into_iter()
        .filter(|(digest, inline)| *inline && !needed.contains(digest))
        .map(|(digest, _)| digest);
    Ok((
        going.collect(),
        needed.iter().copied().map(Spared::Object).collect(),
    ))
}

pub(in super::super) fn spare(conn: &Connection, spared: &Spared) -> Outcome<()> {
    match spared {
        Spared::Run(id) => conn
            .prepare_cached("DELETE FROM condemned_run WHERE id = ?1")?
            .execute([id.as_bytes()])?,
        Spared::Artifact(id) => conn
            .prepare_cached("DELETE FROM condemned_artifact WHERE id = ?1")?
            .execute([id.as_bytes()])?,
        Spared::Object(digest) => conn
            .prepare_cached("DELETE FROM condemned_object WHERE digest = ?1 AND deleter IS NULL")?
            .execute([digest.as_bytes()])?,
    };
    Ok(())
}

/// What of a run was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Removed {
    /// It was spared meanwhile, or is gone.
    Nothing,
    /// Logs and metrics: the rest in another transaction.
    Part,
    All {
        steps: u64,
    },
}

/// Deletes a run with its steps, unless it was spared meanwhile: to be called until it is gone. A run that is spared midway has lost logs and
/// metrics, but nothing that others refer to.
pub(in super::super) fn run(conn: &Connection, run: Uuid) -> Outcome<Removed> {
    let id = run.as_bytes();
    let marked = "SELECT 1 FROM condemned_run WHERE id = ?1";
    let found = conn
        .prepare_cached("SELECT pipeline FROM run WHERE id = ?1")?
        .query_row([id], |row| row.get::<_, i64>(0))
        .optional()?;
    let Some(pipeline) = found else {
        return Ok(Removed::Nothing);
    };
    if !conn.prepare_cached(marked)?.exists([id])? {
        return Ok(Removed::Nothing);
    }
    for sql in [LOGS, METRICS] {
        let deleted = conn
            .prepare_cached(sql)?
            .execute(params![id, PORTION as u64 as i64])?;
        if deleted == PORTION {
            return Ok(Removed::Part);
        }
    }
    conn.prepare_cached(REMEMBER)?.execute(params![id, pipeline])?;
    conn.prepare_cached("DELETE FROM edge WHERE step IN (SELECT no FROM step WHERE run = ?1)")?
        .execute([id])?;
    let steps = conn
        .prepare_cached("DELETE FROM step WHERE run = ?1")?
        .execute([id])?;
    hooks::forget_run(conn, run)?;
    cancel_requests::forget_run(conn, run)?;
    trackings::forget_run(conn, run)?;
    conn.prepare_cached("DELETE FROM run WHERE id = ?1")?
        .execute([id])?;
    conn.prepare_cached("UPDATE pipeline SET runs = runs - 1 WHERE no = ?1")?
        .execute([pipeline])?;
    Ok(Removed::All { steps: steps as u64 })
}

/// Deletes an artifact version that is still marked and that no edge leads to.
pub(in super::super) fn artifact(conn: &Connection, artifact: Uuid) -> Outcome<bool> {
    let id = artifact.as_bytes();
    let marked = conn
        .prepare_cached("DELETE FROM condemned_artifact WHERE id = ?1")?
        .execute([id])?;
    if marked == 0 || conn.prepare_cached(USED)?.exists([id])? {
        return Ok(false);
    }
    Ok(conn
        .prepare_cached("DELETE FROM artifact WHERE id = ?1")?
        .execute([id])?
        > 0)
}

/// Deletes an inline object that is still marked. Gives its size.
pub(in super::super) fn object(conn: &Connection, digest: Digest) -> Outcome<Option<u64>> {
    let id = digest.as_bytes();
    let size = conn
        .prepare_cached("SELECT size FROM condemned_object WHERE digest = ?1 AND inline = 1")?
        .query_row([id], |row| row.get::<_, i64>(0))
        .optional()?;
    let Some(size) = size else { return Ok(None) };
    conn.prepare_cached("DELETE FROM condemned_object WHERE digest = ?1 AND inline = 1")?
        .execute([id])?;
    conn.prepare_cached("DELETE FROM object WHERE substr(digest, 1, 8) = substr(?1, 1, 8) AND digest = ?1")?
        .execute([id])?;
    Ok(Some(size.cast_unsigned()))
}
