//! The counter of what is written of schedules and slots, and what of it one list of changes raises.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fault::{Fault, Outcome};
use super::values::{self, unsigned};

pub(super) const NOW: &str = "SELECT no, revision FROM schedule_revision WHERE no = 1";

/// What a list of changes has raised. Nothing of it is in the database before [`record`](Self::record).
#[derive(Debug, Default)]
pub(super) struct Revisions {
    /// The counter, once something was written.
    counter: Option<u64>,
    changed: HashMap<Uuid, u64>,
}

impl Revisions {
    /// Counts something that was written of a schedule or of one of its slots.
    pub(super) fn changed(&mut self, conn: &Connection, schedule: Uuid) -> Outcome<()> {
        let revision = self.raise(conn)?;
        self.changed.insert(schedule, revision);
        Ok(())
    }

    /// Counts the deletion of a schedule. Gives its revision.
    pub(super) fn deleted(&mut self, conn: &Connection, schedule: Uuid) -> Outcome<u64> {
        self.changed.remove(&schedule);
        self.raise(conn)
    }

    /// To be called when the list is applied.
    pub(super) fn record(self, conn: &Connection) -> Outcome<()> {
        let Some(counter) = self.counter else {
            return Ok(());
        };
        conn.prepare_cached("UPDATE schedule_revision SET revision = ?1 WHERE no = 1")?
            .execute([unsigned(counter)])?;
        let mut update = conn.prepare_cached("UPDATE schedule SET revision = ?2 WHERE id = ?1")?;
        for (schedule, revision) in self.changed {
            update.execute(params![schedule.as_bytes(), unsigned(revision)])?;
        }
        Ok(())
    }

    fn raise(&mut self, conn: &Connection) -> Outcome<u64> {
        let before = match self.counter {
            Some(counter) => counter,
            None => now(conn)?,
        };
        // SQLite compares it as a signed number.
        let raised = before
            .checked_add(1)
            .filter(|raised| i64::try_from(*raised).is_ok());
        let raised = raised.ok_or_else(|| damaged(format!("`revision`: nothing comes after {before}")))?;
        self.counter = Some(raised);
        Ok(raised)
    }
}

/// The counter as it is recorded.
pub(super) fn now(conn: &Connection) -> Outcome<u64> {
    values::first(conn, "counter of schedules", NOW, [], |row| {
        row.get::<i64>()?;
        row.unsigned()
    })?
    .ok_or_else(|| damaged("it is gone".to_owned()))
}

fn damaged(reason: String) -> Fault {
    Fault::Damaged {
        what: "counter of schedules".to_owned(),
        reason,
    }
}
