//! Slots of schedules.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use uuid::Uuid;

use super::fault::{Fault, Outcome, is_duplicate, is_missing_reference};
use super::hooks;
use super::revisions::Revisions;
use super::values::{self, Columns, micros, unsigned, uuid_bytes};
use crate::metadata::{SlotFilter, SlotRecord};

const COLUMNS: &str =
    "id, schedule, due, last, count, cause, state, late, reason, run, token, deaths, holder, claimed, ended";

/// As the partial index over them says it.
pub(super) const OPEN: &str = "state IN ('queued', 'claimed')";

const RECORD: &str = "INSERT INTO slot (id, schedule, due, last, count, cause, state, late, reason, run, token, deaths, holder, \
     claimed, ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
     ON CONFLICT (id) DO UPDATE SET schedule = ?2, due = ?3, last = ?4, count = ?5, cause = ?6, state = ?7, late = ?8, \
     reason = ?9, run = ?10, token = ?11, deaths = ?12, holder = ?13, claimed = ?14, ended = ?15";

/// Inserts or replaces. Fails when the schedule is not recorded, and when it has another slot that was due at this time.
pub(super) fn record(conn: &Connection, revisions: &mut Revisions, slot: &SlotRecord) -> Outcome<()> {
    let before = schedule_of(conn, slot.id)?;
    let recorded = conn.prepare_cached(RECORD)?.execute(params![
        slot.id.as_bytes(),
        slot.schedule.as_bytes(),
        slot.due.timestamp_micros(),
        slot.last.timestamp_micros(),
        unsigned(slot.count),
        slot.cause.as_str(),
        slot.state.as_str(),
        slot.late,
        slot.reason,
        uuid_bytes(&slot.run),
        unsigned(slot.token),
        slot.deaths,
        uuid_bytes(&slot.holder),
        micros(slot.claimed),
        micros(slot.ended),
    ]);
    match recorded {
        Err(error) if is_missing_reference(&error) => {
            return Err(Fault::Missing {
                kind: "schedule",
                id: slot.schedule,
            });
        }
        Err(error) if is_duplicate(&error) => {
            return Err(Fault::SlotExists {
                schedule: slot.schedule,
                due: slot.due,
            });
        }
        other => other.map(drop)?,
    }
    if let Some(before) = before.filter(|before| *before != slot.schedule) {
        revisions.changed(conn, before)?;
    }
    revisions.changed(conn, slot.schedule)
}

/// Notes the newest run of a slot. Does nothing when the slot is not recorded any more.
pub(super) fn set_run(conn: &Connection, revisions: &mut Revisions, slot: Uuid, run: Uuid) -> Outcome<()> {
    let Some(schedule) = schedule_of(conn, slot)? else {
        return Ok(());
    };
    conn.prepare_cached("UPDATE slot SET run = ?2 WHERE id = ?1")?
        .execute([slot.as_bytes(), run.as_bytes()])?;
    revisions.changed(conn, schedule)
}

/// Does nothing when it is gone already.
pub(super) fn withdraw(conn: &Connection, revisions: &mut Revisions, slot: Uuid) -> Outcome<()> {
    let Some(schedule) = schedule_of(conn, slot)? else {
        return Ok(());
    };
    hooks::forget_slot(conn, slot)?;
    conn.prepare_cached("DELETE FROM slot WHERE id = ?1")?
        .execute([slot.as_bytes()])?;
    revisions.changed(conn, schedule)
}

fn schedule_of(conn: &Connection, slot: Uuid) -> Outcome<Option<Uuid>> {
    let schedule = conn
        .prepare_cached("SELECT schedule FROM slot WHERE id = ?1")?
        .query_row([slot.as_bytes()], |row| row.get(0).map(Uuid::from_bytes))
        .optional()?;
    Ok(schedule)
}

/// Fails unless the slot is claimed with this token.
pub(super) fn fence(conn: &Connection, slot: Uuid, token: u64) -> Outcome<()> {
    let claimed = conn
        .prepare_cached("SELECT 1 FROM slot WHERE id = ?1 AND token = ?2 AND state = 'claimed'")?
        .exists(params![slot.as_bytes(), unsigned(token)])?;
    match claimed {
        true => Ok(()),
        false => Err(Fault::SlotTaken { slot, token }),
    }
}

/// All of a schedule that is being deleted.
pub(super) fn forget_schedule(conn: &Connection, schedule: Uuid) -> Outcome<()> {
    conn.prepare_cached("DELETE FROM slot WHERE schedule = ?1")?
        .execute([schedule.as_bytes()])?;
    Ok(())
}

pub(super) fn one(conn: &Connection, slot: Uuid) -> Outcome<Option<SlotRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM slot WHERE id = ?1");
    values::first(conn, "slot", &sql, [slot.as_bytes()], read)
}

pub(super) fn open_sql() -> String {
    format!("SELECT {COLUMNS} FROM slot WHERE schedule = ?1 AND {OPEN} ORDER BY due, id")
}

/// Those of a schedule that aren't settled, by the time they are due.
pub(super) fn open(conn: &Connection, schedule: Uuid) -> Outcome<Vec<SlotRecord>> {
    values::all(conn, "slot", &open_sql(), [schedule.as_bytes()], read)
}

pub(super) fn list(conn: &Connection, filter: &SlotFilter) -> Outcome<Vec<SlotRecord>> {
    let (sql, given) = list_sql(filter);
    values::all(conn, "slot", &sql, params_from_iter(given), read)
}

/// The query for a list, and the values of its parameters.
pub(super) fn list_sql(filter: &SlotFilter) -> (String, Vec<SqlValue>) {
    // Of several indexes that could serve, SQLite doesn't always choose the one that finds the fewest.
    let index = match (filter.schedule, filter.state, filter.settled) {
        (Some(_), Some(_), _) => "INDEXED BY slot_by_schedule_and_state",
        (Some(_), None, Some(false)) => "INDEXED BY slot_open",
        _ => "",
    };
    let mut sql = format!("SELECT {COLUMNS} FROM slot {index} WHERE true");
    let mut given: Vec<SqlValue> = Vec::new();
    if let Some(schedule) = filter.schedule {
        sql.push_str(" AND schedule = ?");
        given.push(schedule.as_bytes().to_vec().into());
    }
    if let Some(state) = filter.state {
        sql.push_str(" AND state = ?");
        given.push(state.as_str().to_owned().into());
    }
    match (filter.settled, filter.state) {
        (None, _) => {}
        (Some(settled), Some(state)) if settled == state.is_settled() => {}
        (Some(_), Some(_)) => sql.push_str(" AND false"),
        (Some(false), None) => sql.push_str(&format!(" AND {OPEN}")),
        // The plus says to SQLite that it is compared and not looked up.
        (Some(true), None) => sql.push_str(" AND +state NOT IN ('queued', 'claimed')"),
    }
    if let Some(from) = filter.from {
        sql.push_str(" AND last >= ?");
        given.push(from.timestamp_micros().into());
    }
    if let Some(before) = filter.before {
        sql.push_str(" AND (last, id) < ((SELECT last FROM slot WHERE id = ?), ?)");
        given.extend([before, before].map(|id| SqlValue::from(id.as_bytes().to_vec())));
    }
    sql.push_str(" ORDER BY last DESC, id DESC LIMIT ?");
    given.push(filter.limit.map_or(-1, i64::from).into());
    (sql, given)
}

fn read(row: &mut Columns<'_, '_>) -> Outcome<SlotRecord> {
    Ok(SlotRecord {
        id: row.uuid()?,
        schedule: row.uuid()?,
        due: row.time()?,
        last: row.time()?,
        count: row.unsigned()?,
        cause: row.parsed()?,
        state: row.parsed()?,
        late: row.get()?,
        reason: row.get()?,
        run: row.opt_uuid()?,
        token: row.unsigned()?,
        deaths: row.get()?,
        holder: row.opt_uuid()?,
        claimed: row.opt_time()?,
        ended: row.opt_time()?,
    })
}
