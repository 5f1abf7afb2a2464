//! The marks of objects in the artifact store: lifted, claimed, removed.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::super::fault::Outcome;
use super::super::values;
use crate::artifact::Digest;
use crate::metadata::{KeepObject, StoredObject};

pub(super) const MARK: &str = "SELECT digest, deleter FROM condemned_object WHERE digest = ?1 AND inline = 0";

/// Who is deleting a marked object; none when it isn't marked, and none inside when nobody is.
pub(in super::super) fn deleter(conn: &Connection, digest: Digest) -> Outcome<Option<Option<Uuid>>> {
    values::first(conn, "condemned object", MARK, [digest.as_bytes()], |row| {
        row.digest()?;
        row.opt_uuid()
    })
}

pub(in super::super) fn keep(conn: &Connection, digest: Digest) -> Outcome<KeepObject> {
    match deleter(conn, digest)? {
        Some(Some(deleter)) => Ok(KeepObject::BeingDeleted(deleter)),
        Some(None) => {
            conn.prepare_cached("DELETE FROM condemned_object WHERE digest = ?1 AND inline = 0")?
                .execute([digest.as_bytes()])?;
            Ok(KeepObject::Kept)
        }
        None => Ok(KeepObject::Kept),
    }
}

pub(in super::super) fn claim(
    conn: &Connection,
    prunes: &[u64],
    deleter: Uuid,
    limit: u32,
) -> Outcome<Vec<StoredObject>> {
    let mut claimed = Vec::new();
    for prune in prunes {
        let left = (limit as usize).saturating_sub(claimed.len());
        let found = values::all(
            conn,
            "condemned object",
            "SELECT digest, size FROM condemned_object WHERE prune = ?1 AND inline = 0 AND deleter IS NULL LIMIT ?2",
            params![prune.cast_signed(), left as u64 as i64],
            |row| {
                Ok(StoredObject {
                    digest: row.digest()?,
                    size: row.unsigned()?,
                })
            },
        )?;
        claimed.extend(found);
    }
    for object in &claimed {
        conn.prepare_cached("UPDATE condemned_object SET deleter = ?2 WHERE digest = ?1 AND inline = 0")?
            .execute(params![object.digest.as_bytes(), deleter.as_bytes()])?;
    }
    Ok(claimed)
}

pub(in super::super) fn deleted(conn: &Connection, deleter: Uuid, digests: &[Digest]) -> Outcome<()> {
    for digest in digests {
        conn.prepare_cached("DELETE FROM condemned_object WHERE digest = ?1 AND deleter = ?2")?
            .execute(params![digest.as_bytes(), deleter.as_bytes()])?;
    }
    Ok(())
}

pub(in super::super) fn unclaim(conn: &Connection, deleter: Uuid, digests: Option<&[Digest]>) -> Outcome<()> {
    match digests {
        None => {
            conn.prepare_cached("UPDATE condemned_object SET deleter = NULL WHERE deleter = ?1")?
                .execute([deleter.as_bytes()])?;
        }
        Some(digests) => {
            for digest in digests {
                conn.prepare_cached(
                    "UPDATE condemned_object SET deleter = NULL WHERE digest = ?1 AND deleter = ?2",
                )?
                .execute(params![digest.as_bytes(), deleter.as_bytes()])?;
            }
        }
    }
    Ok(())
}

pub(in super::super) fn deleters(conn: &Connection) -> Outcome<Vec<Uuid>> {
    let sql = "SELECT DISTINCT deleter FROM condemned_object WHERE deleter IS NOT NULL ORDER BY deleter";
    values::all(conn, "condemned object", sql, [], |row| row.uuid())
}
