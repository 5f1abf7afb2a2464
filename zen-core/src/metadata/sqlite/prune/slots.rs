//! Slots of schedules that are settled. Nothing refers to them, and nobody relies on having found one: only the newest of a schedule tells
//! what came of it last, and stays.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::super::fault::Outcome;
use super::super::{hooks, values};
use crate::metadata::PruneRules;

/// All that are settled, of each schedule the newest first.
const SETTLED: &str = "SELECT slot.id, slot.schedule, schedule.pipeline, coalesce(slot.ended, slot.last)
    FROM slot CROSS JOIN schedule ON schedule.id = slot.schedule
    WHERE +slot.state NOT IN ('queued', 'claimed') ORDER BY slot.schedule DESC, slot.last DESC, slot.id DESC";

pub(super) const NEWER: &str = "SELECT 1 FROM slot WHERE schedule = ?1 AND (last, id) > (?2, ?3)
    AND +state NOT IN ('queued', 'claimed') LIMIT 1";

/// Those that the rules let go, and those that were condemned before: as runs, but that the rules count the slots of each schedule.
pub(super) fn going(conn: &Connection, rules: &PruneRules, condemned: &HashSet<Uuid>) -> Outcome<Vec<Uuid>> {
    let before = rules.before.map(|before| before.timestamp_micros());
    let mut places: HashMap<Uuid, u64> = HashMap::new();
    let mut going = Vec::new();
    values::all(conn, "slot", SETTLED, [], |row| {
        let (id, schedule) = (row.uuid()?, row.uuid()?);
        let (pipeline, ended) = (row.get::<String>()?, row.get::<i64>()?);
        let place = places.entry(schedule).or_insert(0);
        *place += 1;
        let stays = rules.pipeline.as_ref().is_some_and(|wanted| *wanted != pipeline)
            || rules.keep_last.is_some_and(|last| *place <= u64::from(last))
            || before.is_some_and(|before| ended >= before);
        if *place > 1 && (condemned.contains(&id) || !stays) {
            going.push(id);
        }
        Ok(())
    })?;
    Ok(going)
}

/// What became of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Removed {
    /// It was lifted meanwhile, or its slot is gone.
    Nothing,
    /// It is the newest one by now.
    Spared,
    Slot,
}

/// Deletes a slot that is still marked, settled, and not the newest one of its schedule, with the hooks that no run has.
pub(in super::super) fn remove(conn: &Connection, slot: Uuid) -> Outcome<Removed> {
    let id = slot.as_bytes();
    let marked = conn
        .prepare_cached("DELETE FROM condemned_slot WHERE id = ?1")?
        .execute([id])?;
    let found = conn
        .prepare_cached(
            "SELECT schedule, last FROM slot WHERE id = ?1 AND state NOT IN ('queued', 'claimed')",
        )?
        .query_row([id], |row| {
            Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    let (1, Some((schedule, last))) = (marked, found) else {
        return Ok(Removed::Nothing);
    };
    if !conn.prepare_cached(NEWER)?.exists(params![schedule, last, id])? {
        return Ok(Removed::Spared);
    }
    hooks::forget_slot(conn, slot)?;
    conn.prepare_cached("DELETE FROM slot WHERE id = ?1")?
        .execute([id])?;
    Ok(Removed::Slot)
}
