//! Leases: who may do something that only one may do at a time.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use super::fault::{Fault, Outcome};
use super::values::{self, unsigned};
use crate::metadata::{LeaseOutcome, LeaseRecord};

pub(super) const ONE: &str = "SELECT key, token, holder, expires FROM lease WHERE key = ?1";

/// What is kept of a key that was held at least once.
struct Kept {
    /// The highest token given.
    token: u64,
    /// None when it was released.
    held: Option<LeaseRecord>,
}

/// Gives the lease to `holder`, or says who has it. The caller holds a transaction that keeps others from writing.
pub(super) fn acquire(
    conn: &Connection,
    key: &str,
    holder: &str,
    now: DateTime<Utc>,
    expires: DateTime<Utc>,
    takeover: Option<u64>,
) -> Outcome<LeaseOutcome> {
    let kept = kept(conn, key)?;
    let last = kept.as_ref().map_or(0, |kept| kept.token);
    if let Some(holding) = kept.and_then(|kept| kept.in_the_way(now, takeover)) {
        return Ok(LeaseOutcome::Busy(holding));
    }
    let token = last.checked_add(1).ok_or_else(|| Fault::Damaged {
        what: format!("lease {key}"),
        reason: format!("`token`: nothing comes after {last}"),
    })?;
    conn.prepare_cached(
        "INSERT INTO lease (key, token, holder, expires) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (key) DO UPDATE SET token = ?2, holder = ?3, expires = ?4",
    )?
    .execute(params![key, unsigned(token), holder, expires.timestamp_micros()])?;
    let given = kept_lease(conn, key)?;
    given.map(LeaseOutcome::Held).ok_or_else(|| Fault::Damaged {
        what: format!("lease {key}"),
        reason: "it is gone right after it was written".to_owned(),
    })
}

/// Who keeps others from having the lease.
pub(super) fn in_the_way(
    conn: &Connection,
    key: &str,
    now: DateTime<Utc>,
    takeover: Option<u64>,
) -> Outcome<Option<LeaseRecord>> {
    Ok(kept(conn, key)?.and_then(|kept| kept.in_the_way(now, takeover)))
}

/// Whether it was still this token's.
pub(super) fn renew(conn: &Connection, lease: &LeaseRecord, expires: DateTime<Utc>) -> Outcome<bool> {
    let renewed = conn
        .prepare_cached("UPDATE lease SET expires = ?3 WHERE key = ?1 AND token = ?2 AND holder IS NOT NULL")?
        .execute(params![
            lease.key,
            unsigned(lease.token),
            expires.timestamp_micros()
        ])?;
    Ok(renewed > 0)
}

pub(super) fn release(conn: &Connection, lease: &LeaseRecord) -> Outcome<()> {
    conn.prepare_cached("UPDATE lease SET holder = NULL, expires = NULL WHERE key = ?1 AND token = ?2")?
        .execute(params![lease.key, unsigned(lease.token)])?;
    Ok(())
}

/// Fails unless `token` is the highest one given.
pub(super) fn fence(conn: &Connection, key: &str, token: u64) -> Outcome<()> {
    let current = kept(conn, key)?.map(|kept| kept.token);
    if current == Some(token) {
        return Ok(());
    }
    Err(Fault::Fenced {
        key: key.to_owned(),
        token,
        current,
    })
}

/// The lease of whoever holds the key, expired or not.
pub(super) fn kept_lease(conn: &Connection, key: &str) -> Outcome<Option<LeaseRecord>> {
    Ok(kept(conn, key)?.and_then(|kept| kept.held))
}

fn kept(conn: &Connection, key: &str) -> Outcome<Option<Kept>> {
    values::first(conn, "lease", ONE, [key], |row| {
        let (key, token) = (row.get()?, row.unsigned()?);
        let held = match row.get()? {
            None => None,
            Some(holder) => Some(LeaseRecord {
                key,
                token,
                holder,
                expires: row.time()?,
            }),
        };
        Ok(Kept { token, held })
    })
}

impl Kept {
    fn in_the_way(self, now: DateTime<Utc>, takeover: Option<u64>) -> Option<LeaseRecord> {
        self.held
            .filter(|held| held.expires > now && takeover != Some(held.token))
    }
}
