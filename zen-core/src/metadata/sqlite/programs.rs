//! The programs that something refers to.

use rusqlite::Connection;

use super::fault::Outcome;
use super::values;
use crate::artifact::Digest;

pub(super) const IN_USE: &str = "SELECT program_digest FROM service_version WHERE program_digest IS NOT NULL
     UNION SELECT program_digest FROM schedule WHERE program_digest IS NOT NULL ORDER BY program_digest";

/// Each once, in order.
pub(super) fn in_use(conn: &Connection) -> Outcome<Vec<Digest>> {
    values::all(conn, "row with program", IN_USE, [], |row| row.digest())
}
