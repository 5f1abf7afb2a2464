//! What has changed about schedules since a revision.

use rusqlite::Connection;

use super::fault::Outcome;
use super::values::Snapshot;
use super::{revisions, schedules, slots};
use crate::metadata::ScheduleChanges;

/// Nearly always nothing has: that is one look at one row.
pub(super) fn since(conn: &Connection, since: u64) -> Outcome<ScheduleChanges> {
    let revision = revisions::now(conn)?;
    if revision == since {
        return Ok(ScheduleChanges {
            revision,
            ..ScheduleChanges::default()
        });
    }
    // So that all queries see the same moment.
    let _snapshot = Snapshot::begin(conn)?;
    let revision = revisions::now(conn)?;
    // Beyond all that SQLite can compare, nothing has changed.
    let since = i64::try_from(since).unwrap_or(i64::MAX);
    let changed = schedules::changed(conn, since)?;
    let mut ids: Vec<_> = changed.iter().map(|schedule| schedule.id).collect();
    ids.sort_unstable();
    let mut open = Vec::new();
    for schedule in ids {
        open.extend(slots::open(conn, schedule)?);
    }
    Ok(ScheduleChanges {
        revision,
        changed,
        open,
        deleted: schedules::deleted(conn, since)?,
    })
}
