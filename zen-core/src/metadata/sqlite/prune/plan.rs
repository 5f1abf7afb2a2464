//! What goes and what stays.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::super::fault::Outcome;
use super::super::values::{self, Snapshot};
use super::needs::{self, Needs};
use super::slots;
use crate::artifact::Digest;
use crate::metadata::upkeep::digests_in;
use crate::metadata::{GoingObject, KeepReason, Kept, PrunePlan, PruneRules, Status, StoredObject};

/// How many examples are given for a reason.
const EXAMPLES: usize = 5;

pub(super) const ADOPTED: &str = "SELECT source_run FROM step WHERE run = ?1 AND source_run IS NOT NULL";

pub(super) const USED: &str =
    "SELECT edge.artifact FROM step CROSS JOIN edge ON edge.step = step.no WHERE step.run = ?1";

pub(super) const STEPS: &str = "SELECT count(*) FROM step WHERE run = ?1";

/// What a plan needs to know of a run.
pub(super) struct RunRow {
    pub(super) id: Uuid,
    pipeline: i64,
    status: Status,
    ended: i64,
    resumed_from: Option<Uuid>,
}

struct ArtifactRow {
    id: Uuid,
    digest: Digest,
    size: u64,
    inline: bool,
    /// Its object is in another artifact store than the one that is pruned.
    elsewhere: bool,
    stays: Option<KeepReason>,
}

/// Which artifacts and objects stay, and which go.
pub(super) struct Content {
    pub(super) artifacts: Vec<Uuid>,
    pub(super) objects: Vec<GoingObject>,
    elsewhere: u64,
    kept: BTreeMap<KeepReason, (u64, Vec<Uuid>)>,
    unread: Vec<Digest>,
    /// All digests that something refers to.
    pub(super) needed: HashSet<Digest>,
}

pub(in super::super) fn plan(
    conn: &Connection,
    rules: &PruneRules,
    stored: &[StoredObject],
) -> Outcome<PrunePlan> {
    let _snapshot = Snapshot::begin(conn)?;
    let runs = all_runs(conn)?;
    let needs = needs::all(conn)?;
    let condemned_slots = condemned(conn, "slot")?;
    let mut stays = chosen(conn, rules, &runs, &condemned(conn, "run")?)?;
    for (run, by) in &needs.runs {
        stays.entry(*run).or_insert(*by);
    }
    close(conn, &runs, &mut stays)?;
    let content = content(conn, rules, &needs, &stays)?;
    let going: Vec<Uuid> = runs
        .iter()
        .map(|run| run.id)
        .filter(|id| !stays.contains_key(id))
        .collect();
    let mut objects = content.objects;
    let mut seen: HashSet<(Digest, bool)> = objects
        .iter()
        .map(|going| (going.object.digest, going.inline))
        .collect();
    let more = earlier_objects(conn)?
        .into_iter()
        .chain(stored.iter().map(|object| GoingObject {
            object: *object,
            inline: false,
        }));
    for going in more {
        let digest = going.object.digest;
        if !content.needed.contains(&digest) && seen.insert((digest, going.inline)) {
            objects.push(going);
        }
    }
    let mut steps = 0;
    for run in &going {
        steps += conn
            .prepare_cached(STEPS)?
            .query_row([run.as_bytes()], |row| row.get::<_, i64>(0))?
            .cast_unsigned();
    }
    Ok(PrunePlan {
        kept: reasons(conn, &runs, &stays, content.kept)?,
        runs: going,
        steps,
        artifacts: content.artifacts,
        objects,
        slots: slots::going(conn, rules, &condemned_slots)?,
        elsewhere: content.elsewhere,
        unread: content.unread,
    })
}

/// Newest first.
pub(super) fn all_runs(conn: &Connection) -> Outcome<Vec<RunRow>> {
    let sql = "SELECT id, pipeline, status, coalesce(ended, started), resumed_from FROM run ORDER BY id DESC";
    values::all(conn, "run", sql, [], |row| {
        Ok(RunRow {
            id: row.uuid()?,
            pipeline: row.get()?,
            status: row.status()?,
            ended: row.get()?,
            resumed_from: row.opt_uuid()?,
        })
    })
}

/// What sealed prunes have marked. (The name is that of a table: no input.)
pub(super) fn condemned(conn: &Connection, what: &str) -> Outcome<HashSet<Uuid>> {
    let sql =
        format!("SELECT id FROM condemned_{what} WHERE prune IN (SELECT no FROM prune WHERE sealed = 1)");
    Ok(values::all(conn, "mark", &sql, [], |row| row.uuid())?
        .into_iter()
        .collect())
}

fn earlier_objects(conn: &Connection) -> Outcome<Vec<GoingObject>> {
    let sql = "SELECT digest, size, inline FROM condemned_object WHERE prune IN (SELECT no FROM prune WHERE sealed = 1)";
    values::all(conn, "condemned object", sql, [], |row| {
        let object = StoredObject {
            digest: row.digest()?,
            size: row.unsigned()?,
        };
        Ok(GoingObject {
            object,
            inline: row.get()?,
        })
    })
}

/// The runs that stay by the rules. What was condemned before goes, whatever the rules are now, unless something refers to it.
fn chosen(
    conn: &Connection,
    rules: &PruneRules,
    runs: &[RunRow],
    condemned: &HashSet<Uuid>,
) -> Outcome<HashMap<Uuid, KeepReason>> {
    let wanted: Option<Option<i64>> = match &rules.pipeline {
        None => None,
        Some(name) => Some(values::first(
            conn,
            "pipeline",
            "SELECT no FROM pipeline WHERE name = ?1",
            [name],
            |row| row.get(),
        )?),
    };
    let before = rules.before.map(|before| before.timestamp_micros());
    let mut places: HashMap<i64, u64> = HashMap::new();
    let mut stays = HashMap::new();
    for run in runs {
        let place = places.entry(run.pipeline).or_insert(0);
        *place += 1;
        let reason = if !run.status.is_final() {
            KeepReason::UnderWay
        } else if *place == 1 {
            KeepReason::Newest
        } else if condemned.contains(&run.id) {
            continue;
        } else if wanted.is_some_and(|wanted| wanted != Some(run.pipeline)) {
            KeepReason::OtherPipeline
        } else if rules.keep_last.is_some_and(|last| *place <= u64::from(last)) {
            KeepReason::KeepLast
        } else if before.is_some_and(|before| run.ended >= before) {
            KeepReason::Young
        } else {
            continue;
        };
        stays.insert(run.id, reason);
    }
    Ok(stays)
}

/// Adds what the runs that stay refer to: the runs they continue, and those whose steps they adopted.
pub(super) fn close(
    conn: &Connection,
    runs: &[RunRow],
    stays: &mut HashMap<Uuid, KeepReason>,
) -> Outcome<()> {
    let resumed: HashMap<Uuid, Option<Uuid>> = runs.iter().map(|run| (run.id, run.resumed_from)).collect();
    stays.retain(|run, _| resumed.contains_key(run));
    // In the order of the runs, so that the same is always told of what stays for several reasons.
    let mut queue: VecDeque<Uuid> = runs
        .iter()
        .map(|run| run.id)
        .filter(|run| stays.contains_key(run))
        .collect();
    while let Some(run) = queue.pop_front() {
        let continued = resumed.get(&run).copied().flatten();
        let adopted = values::all(conn, "step", ADOPTED, [run.as_bytes()], |row| row.uuid())?;
        let continued = continued.map(|run| (run, KeepReason::Continued));
        let adopted = adopted.into_iter().map(|run| (run, KeepReason::Adopted));
        for (other, reason) in continued.into_iter().chain(adopted) {
            if resumed.contains_key(&other) && !stays.contains_key(&other) {
                stays.insert(other, reason);
                queue.push_back(other);
            }
        }
    }
    Ok(())
}

/// Whether an object's URI is below a store's URL.
fn is_in(store: Option<&str>, uri: &str) -> bool {
    store.is_none_or(|store| {
        uri.strip_prefix(store.trim_end_matches('/'))
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

pub(super) fn content(
    conn: &Connection,
    rules: &PruneRules,
    needs: &Needs,
    stays: &HashMap<Uuid, KeepReason>,
) -> Outcome<Content> {
    let mut used = HashSet::new();
    for run in stays.keys() {
        used.extend(values::all(conn, "edge", USED, [run.as_bytes()], |row| {
            row.uuid()
        })?);
    }
    let mut needed: HashSet<Digest> = needs.digests.keys().chain(&rules.named).copied().collect();
    let mut unread = Vec::new();
    let sql = "SELECT artifact.id, digest, size, uri, tags IS NOT NULL, producer_run, type_name,
               number = (SELECT last FROM artifact_name WHERE no = artifact.name) FROM artifact";
    let mut rows = values::all(conn, "artifact", sql, [], |row| {
        let (id, digest, size, uri) = (
            row.uuid()?,
            row.digest()?,
            row.unsigned()?,
            row.get::<Option<String>>()?,
        );
        let (tagged, producer, type_name) = (row.get::<bool>()?, row.opt_uuid()?, row.get::<String>()?);
        let stays = if producer.is_some_and(|run| stays.contains_key(&run)) || used.contains(&id) {
            Some(KeepReason::InKeptRun)
        } else if row.get::<Option<bool>>()?.unwrap_or(true) {
            Some(KeepReason::Latest)
        } else if tagged {
            Some(KeepReason::Tagged)
        } else if producer.is_none() {
            Some(KeepReason::Saved)
        } else {
            None
        };
        let naming = rules
            .naming_types
            .iter()
            .any(|naming| type_name.contains(naming.as_str()));
        if stays.is_some() && naming {
            match super::super::objects::bytes(conn, digest)? {
                Some(bytes) => needed.extend(digests_in(&bytes)),
                None => unread.push(digest),
            }
        }
        Ok(ArtifactRow {
            id,
            digest,
            size,
            inline: uri.is_none(),
            elsewhere: uri.is_some_and(|uri| !is_in(rules.store.as_deref(), &uri)),
            stays,
        })
    })?;
    for row in rows.iter_mut().filter(|row| row.stays.is_none()) {
        // What only a stored service names is a service's too.
        let by = needs
            .digests
            .get(&row.digest)
            .copied()
            .unwrap_or(KeepReason::Service);
        row.stays = needed.contains(&row.digest).then_some(by);
    }
    let mut kept: BTreeMap<KeepReason, (u64, Vec<Uuid>)> = BTreeMap::new();
    for row in &rows {
        if let Some(reason) = row.stays {
            needed.insert(row.digest);
            let (count, examples) = kept.entry(reason).or_default();
            *count += 1;
            if examples.len() < EXAMPLES {
                examples.push(row.id);
            }
        }
    }
    let mut seen = HashSet::new();
    let mut elsewhere = HashSet::new();
    let mut artifacts = Vec::new();
    let mut objects = Vec::new();
    for row in rows.iter().filter(|row| row.stays.is_none()) {
        artifacts.push(row.id);
        if row.elsewhere {
            elsewhere.insert(row.digest);
        } else if !needed.contains(&row.digest) && seen.insert((row.digest, row.inline)) {
            let object = StoredObject {
                digest: row.digest,
                size: row.size,
            };
            objects.push(GoingObject {
                object,
                inline: row.inline,
            });
        }
    }
    Ok(Content {
        artifacts,
        objects,
        elsewhere: elsewhere.len() as u64,
        kept,
        unread,
        needed,
    })
}

fn reasons(
    conn: &Connection,
    runs: &[RunRow],
    stays: &HashMap<Uuid, KeepReason>,
    artifacts: BTreeMap<KeepReason, (u64, Vec<Uuid>)>,
) -> Outcome<Vec<Kept>> {
    let mut counts: BTreeMap<KeepReason, (u64, Vec<String>)> = BTreeMap::new();
    for run in runs {
        let Some(reason) = stays.get(&run.id) else {
            continue;
        };
        let (count, examples) = counts.entry(*reason).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            let sql = "SELECT name FROM run WHERE id = ?1";
            examples.extend(values::first(
                conn,
                "run",
                sql,
                params![run.id.as_bytes()],
                |row| row.get(),
            )?);
        }
    }
    for (reason, (number, ids)) in artifacts {
        let (count, examples) = counts.entry(reason).or_default();
        *count += number;
        for id in ids.iter().take(EXAMPLES - examples.len().min(EXAMPLES)) {
            let sql = "SELECT artifact_name.name || ' version ' || artifact.number FROM artifact
                       JOIN artifact_name ON artifact_name.no = artifact.name WHERE artifact.id = ?1";
            examples.extend(values::first(
                conn,
                "artifact",
                sql,
                params![id.as_bytes()],
                |row| row.get(),
            )?);
        }
    }
    Ok(counts
        .into_iter()
        .map(|(reason, (count, examples))| Kept {
            reason,
            count,
            examples,
        })
        .collect())
}
