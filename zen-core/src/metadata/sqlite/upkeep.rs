//! [`Upkeep`] of the store: its transactions, each short.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use uuid::Uuid;

use super::fault::Outcome;
use super::prune::sweep::Removed;
use super::prune::{holds, marks, objects, plan, slots, sweep};
use super::store::SqliteMetadata;
use crate::artifact::Digest;
use crate::metadata::{
    HoldRecord, KeepObject, MetadataError, PendingPrune, PrunePlan, PruneRules, StoredObject, Swept, Upkeep,
};

/// How many marks are set in one transaction.
const MARKS: usize = 2000;

/// How long a transaction that deletes may go on before it is committed.
const SLICE: Duration = Duration::from_millis(10);

/// How long the end of a prune waits for readers of the write-ahead log before it leaves the log as it is.
const CHECKPOINT: Duration = Duration::from_millis(100);

impl SqliteMetadata {
    /// Does something to each of many, in as many turns as `act` needs until it says that it is done with one, in transactions that keep other writers waiting for a moment only. They ask again and again for
    /// their turn: the pauses, as long as the transactions, are what gives it to them.
    fn in_slices<T: Copy>(
        &self,
        doing: &'static str,
        items: &[T],
        mut act: impl FnMut(&Connection, T) -> Outcome<bool>,
    ) -> Result<(), MetadataError> {
        let mut left = items;
        while !left.is_empty() {
            let begun = Instant::now();
            let done = self.transact(doing, |conn| {
                let begun = Instant::now();
                let mut done = 0;
                for item in left {
                    if !act(conn, *item)? {
                        break;
                    }
                    done += 1;
                    if begun.elapsed() > SLICE {
                        break;
                    }
                }
                Ok(done)
            })?;
            left = &left[done..];
            if !left.is_empty() {
                std::thread::sleep(begun.elapsed().min(10 * SLICE));
            }
        }
        Ok(())
    }
}

impl Upkeep for SqliteMetadata {
    fn plan_prune(&self, rules: &PruneRules, stored: &[StoredObject]) -> Result<PrunePlan, MetadataError> {
        self.read("looking for what can be pruned", |conn| plan(conn, rules, stored))
    }

    fn condemn(&self, plan: &PrunePlan) -> Result<PendingPrune, MetadataError> {
        let doing = "marking what is to be pruned";
        let prune = self.transact(doing, marks::begin)?;
        for runs in plan.runs.chunks(MARKS) {
            self.transact(doing, |conn| marks::runs(conn, prune, runs))?;
        }
        for artifacts in plan.artifacts.chunks(MARKS) {
            self.transact(doing, |conn| marks::artifacts(conn, prune, artifacts))?;
        }
        for slots in plan.slots.chunks(MARKS) {
            self.transact(doing, |conn| marks::slots(conn, prune, slots))?;
        }
        for objects in plan.objects.chunks(MARKS) {
            self.transact(doing, |conn| marks::objects(conn, prune, objects))?;
        }
        self.transact(doing, |conn| marks::seal(conn, prune))
    }

    fn pending_prunes(&self) -> Result<Vec<PendingPrune>, MetadataError> {
        self.read("looking at prunes", marks::pending)
    }

    fn sweep_condemned(&self, rules: &PruneRules) -> Result<Swept, MetadataError> {
        let doing = "removing what was pruned";
        let work = self.read("looking at what is marked", |conn| sweep::look(conn, rules))?;
        let mut swept = Swept {
            prunes: work.prunes,
            ..Swept::default()
        };
        self.lift(&work.spared, &mut swept)?;
        self.in_slices(doing, &work.runs, |conn, run| {
            Ok(match sweep::run(conn, run)? {
                Removed::Nothing => true,
                Removed::Part => false,
                Removed::All { steps } => {
                    swept.runs += 1;
                    swept.steps += steps;
                    true
                }
            })
        })?;
        self.in_slices(doing, &work.artifacts, |conn, artifact| {
            swept.artifacts += u64::from(sweep::artifact(conn, artifact)?);
            Ok(true)
        })?;
        self.in_slices(doing, &work.slots, |conn, slot| {
            match slots::remove(conn, slot)? {
                slots::Removed::Nothing => {}
                slots::Removed::Spared => swept.spared += 1,
                slots::Removed::Slot => swept.slots += 1,
            }
            Ok(true)
        })?;
        let (going, spared) = self.read("looking at the objects that are marked", |conn| {
            sweep::look_at_objects(conn, &swept.prunes, &rules.named)
        })?;
        self.lift(&spared, &mut swept)?;
        self.in_slices(doing, &going, |conn, digest| {
            if let Some(size) = sweep::object(conn, digest)? {
                swept.objects += 1;
                swept.bytes += size;
            }
            Ok(true)
        })?;
        Ok(swept)
    }

    fn claim_objects(
        &self,
        prunes: &[u64],
        deleter: Uuid,
        limit: u32,
    ) -> Result<Vec<StoredObject>, MetadataError> {
        self.transact("claiming objects for deletion", |conn| {
            objects::claim(conn, prunes, deleter, limit)
        })
    }

    fn objects_deleted(&self, deleter: Uuid, digests: &[Digest]) -> Result<(), MetadataError> {
        self.transact("recording that objects are deleted", |conn| {
            objects::deleted(conn, deleter, digests)
        })
    }

    fn unclaim_objects(&self, deleter: Uuid, digests: Option<&[Digest]>) -> Result<(), MetadataError> {
        self.transact("giving claims of objects back", |conn| {
            objects::unclaim(conn, deleter, digests)
        })
    }

    fn deleters(&self) -> Result<Vec<Uuid>, MetadataError> {
        self.read("looking at claims", objects::deleters)
    }

    fn finish_prunes(&self) -> Result<(), MetadataError> {
        self.transact("ending a prune", marks::finish)?;
        self.write("emptying the write-ahead log", |conn| Ok(checkpoint(conn)?))
    }

    fn keep_object(&self, digest: Digest) -> Result<KeepObject, MetadataError> {
        // Nearly always nothing is marked: asked without locking the database.
        match self.read("looking at an object's mark", |conn| {
            objects::deleter(conn, digest)
        })? {
            None => Ok(KeepObject::Kept),
            Some(Some(deleter)) => Ok(KeepObject::BeingDeleted(deleter)),
            Some(None) => self.transact("lifting an object's mark", |conn| objects::keep(conn, digest)),
        }
    }

    fn hold(&self, hold: &HoldRecord) -> Result<(), MetadataError> {
        self.transact("recording a hold", |conn| holds::add(conn, hold))
    }

    fn release_hold(&self, hold: Uuid) -> Result<(), MetadataError> {
        self.transact("ending a hold", |conn| holds::release(conn, hold))
    }

    fn holds(&self) -> Result<Vec<HoldRecord>, MetadataError> {
        self.read("listing holds", holds::all)
    }

    fn check(&self) -> Result<Vec<String>, MetadataError> {
        self.read("checking the database", |conn| Ok(check(conn)?))
    }
}

impl SqliteMetadata {
    fn lift(&self, spared: &[sweep::Spared], swept: &mut Swept) -> Result<(), MetadataError> {
        swept.spared += spared.len() as u64;
        let places: Vec<usize> = (0..spared.len()).collect();
        self.in_slices("sparing what is needed", &places, |conn, place| {
            if let Some(spared) = spared.get(place) {
                sweep::spare(conn, spared)?;
            }
            Ok(true)
        })
    }
}

/// Freed pages stay in the file and are used again. The log is moved into the database and cut, if nobody reads it now.
fn checkpoint(conn: &Connection) -> rusqlite::Result<()> {
    let patience: u64 = conn
        .pragma_query_value(None, "busy_timeout", |row| row.get::<_, i64>(0))?
        .cast_unsigned();
    conn.busy_timeout(CHECKPOINT)?;
    let emptied = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    conn.busy_timeout(Duration::from_millis(patience))?;
    emptied
}

fn check(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut statement = conn.prepare("PRAGMA integrity_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            wrong.push(line);
        }
    }
    let mut statement = conn.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        wrong.push(format!(
            "a row of `{table}` refers to a row of `{parent}` that is not there"
        ));
    }
    Ok(wrong)
}
