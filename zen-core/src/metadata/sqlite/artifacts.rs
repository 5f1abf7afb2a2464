//! Artifact versions.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use uuid::Uuid;

use super::fault::Outcome;
use super::known::Known;
use super::values::{self, Columns, json, unsigned, uuid_bytes};
use crate::artifact::Digest;
use crate::metadata::{ArtifactFilter, ArtifactRecord};

/// What [`read`] expects, of a table or alias `artifact`.
pub(super) const COLUMNS: &str = "artifact.id, (SELECT name FROM artifact_name WHERE no = artifact.name) AS name, \
     artifact.number, artifact.digest, artifact.size, artifact.type_name, artifact.codec, artifact.codec_version, \
     artifact.media_type, artifact.uri, artifact.shape, artifact.summary, artifact.producer_step, \
     artifact.producer_run, artifact.created, artifact.tags, artifact.metadata, \
     artifact.statistics";

const NAME: &str = "SELECT no, last + 1 FROM artifact_name WHERE name = ?1";

const NEXT: &str = "UPDATE artifact_name SET last = ?2 WHERE no = ?1";

const INSERT: &str =
    "INSERT INTO artifact (id, name, number, digest, size, type_name, codec, codec_version, media_type, uri, shape, \
     summary, producer_step, producer_run, created, tags, metadata, statistics)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) ON CONFLICT (id) DO NOTHING";

/// The ids of the newest versions, one seek a name.
const NEWEST: &str = "SELECT artifact.id FROM artifact_name AS named \
     CROSS JOIN artifact ON artifact.name = named.no AND artifact.number = named.last \
     WHERE NOT EXISTS (SELECT 1 FROM condemned_artifact AS c CROSS JOIN prune ON prune.no = c.prune \
         WHERE c.id = artifact.id AND prune.sealed = 1)";

/// Gives a new version the next number of its name. Does nothing, and uses no number, when the id exists.
pub(super) fn record(known: &mut Known<'_>, artifact: &ArtifactRecord) -> Outcome<()> {
    let (name, number) = next_number(known, &artifact.name)?;
    let inserted = known.statement(INSERT)?.execute(params![
        artifact.id.as_bytes(),
        name,
        number,
        artifact.digest.as_bytes(),
        unsigned(artifact.size),
        artifact.type_name,
        artifact.codec,
        artifact.codec_version,
        artifact.media_type,
        (artifact.uri != inline_uri(artifact.digest)).then_some(&artifact.uri),
        json(&artifact.shape)?,
        artifact.summary,
        uuid_bytes(&artifact.producer_step),
        uuid_bytes(&artifact.producer_run),
        artifact.created.timestamp_micros(),
        json(&artifact.tags)?,
        json(&artifact.metadata)?,
        json(&artifact.statistics)?,
    ])?;
    if inserted == 0 {
        // It exists, which is rare: the number goes back, and the name too if it was made for it.
        known
            .conn
            .prepare_cached("UPDATE artifact_name SET last = last - 1 WHERE no = ?1")?
            .execute([name])?;
        known
            .conn
            .prepare_cached("DELETE FROM artifact_name WHERE no = ?1 AND last = 0")?
            .execute([name])?;
    }
    Ok(())
}

/// The number of a name, and the number of its next version, which is counted. Not by `RETURNING`, which takes a detour through a
/// temporary table: the caller's transaction keeps others from writing in between.
fn next_number(known: &mut Known<'_>, name: &str) -> Outcome<(i64, u32)> {
    let found = known
        .statement(NAME)?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((no, next)) = found {
        known.statement(NEXT)?.execute(params![no, next])?;
        return Ok((no, next));
    }
    known
        .conn
        .prepare_cached("INSERT INTO artifact_name (name, last) VALUES (?1, 1)")?
        .execute([name])?;
    Ok((known.conn.last_insert_rowid(), 1))
}

pub(super) fn one(conn: &Connection, id: Uuid) -> Outcome<Option<ArtifactRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM artifact WHERE id = ?1");
    values::first(conn, "artifact", &sql, [id.as_bytes()], read)
}

pub(super) fn version(conn: &Connection, name: &str, number: Option<u32>) -> Outcome<Option<ArtifactRecord>> {
    values::first(conn, "artifact", &by_number_sql(), params![name, number], read)
}

pub(super) fn by_number_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM artifact WHERE name = (SELECT no FROM artifact_name WHERE name = ?1)
         AND number = coalesce(?2, (SELECT last FROM artifact_name WHERE name = ?1))
         AND NOT EXISTS (SELECT 1 FROM condemned_artifact AS c CROSS JOIN prune ON prune.no = c.prune
             WHERE c.id = artifact.id AND prune.sealed = 1)"
    )
}

pub(super) fn list(conn: &Connection, filter: &ArtifactFilter) -> Outcome<Vec<ArtifactRecord>> {
    let (sql, given) = list_sql(filter);
    values::all(conn, "artifact", &sql, params_from_iter(given), read)
}

/// The query for a list, and the values of its parameters.
pub(super) fn list_sql(filter: &ArtifactFilter) -> (String, Vec<SqlValue>) {
    let mut sql = match filter.newest_only {
        true => NEWEST.to_owned(),
        false => format!("SELECT {COLUMNS} FROM artifact WHERE true"),
    };
    let mut given: Vec<SqlValue> = Vec::new();
    if let Some(name) = &filter.name {
        sql.push_str(" AND artifact.name = (SELECT no FROM artifact_name WHERE name = ?)");
        given.push(name.clone().into());
    }
    if let Some(run) = filter.run {
        sql.push_str(" AND producer_run = ?");
        given.push(run.as_bytes().to_vec().into());
    }
    if let Some(step) = filter.step {
        sql.push_str(" AND producer_step = ?");
        given.push(step.as_bytes().to_vec().into());
    }
    if let Some(before) = filter.before {
        sql.push_str(" AND artifact.id < ?");
        given.push(before.as_bytes().to_vec().into());
    }
    sql.push_str(" ORDER BY artifact.id DESC LIMIT ?");
    given.push(filter.limit.map_or(-1, i64::from).into());
    if filter.newest_only {
        // Only those that are listed are read as a whole.
        sql = format!("SELECT {COLUMNS} FROM artifact WHERE id IN ({sql}) ORDER BY id DESC");
    }
    (sql, given)
}

pub(super) fn names(conn: &Connection) -> Outcome<Vec<String>> {
    values::all(
        conn,
        "artifact name",
        "SELECT name FROM artifact_name ORDER BY name",
        [],
        |row| row.get(),
    )
}

pub(super) fn read(row: &mut Columns<'_, '_>) -> Outcome<ArtifactRecord> {
    let (id, name, number, digest) = (row.uuid()?, row.get()?, row.get()?, row.digest()?);
    Ok(ArtifactRecord {
        id,
        name,
        number,
        digest,
        size: row.unsigned()?,
        type_name: row.get()?,
        codec: row.get()?,
        codec_version: row.get()?,
        media_type: row.get()?,
        uri: row.get::<Option<String>>()?.unwrap_or_else(|| inline_uri(digest)),
        shape: row.json()?,
        summary: row.get()?,
        producer_step: row.opt_uuid()?,
        producer_run: row.opt_uuid()?,
        created: row.time()?,
        tags: row.json()?,
        metadata: row.json()?,
        statistics: row.json()?,
    })
}

fn inline_uri(digest: Digest) -> String {
    format!("inline:{digest}")
}
