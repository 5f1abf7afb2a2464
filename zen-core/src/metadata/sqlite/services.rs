//! Services.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params, params_from_iter};
use uuid::Uuid;

use super::fault::Outcome;
use super::values::{self, Columns, digest_bytes, json, uuid_bytes};
use crate::metadata::{ServiceFilter, ServiceRecord, ServiceStatus};

const COLUMNS: &str = "id, name, backend, kind, flavor, pipeline, run, step, model_name, model_uri, model_type, \
     model_digest, config, desired, state, last_state, last_error, seen, endpoint, version, created, updated";

/// An update and not a replacement, which would delete the row that the versions refer to.
const RECORD: &str = "INSERT INTO service (id, name, backend, kind, flavor, pipeline, run, step, model_name, model_uri, \
     model_type, model_digest, config, desired, state, last_state, last_error, seen, endpoint, version, created, updated)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)
     ON CONFLICT (id) DO UPDATE SET name = ?2, backend = ?3, kind = ?4, flavor = ?5, pipeline = ?6, run = ?7, step = ?8, \
     model_name = ?9, model_uri = ?10, model_type = ?11, model_digest = ?12, config = ?13, desired = ?14, state = ?15, \
     last_state = ?16, last_error = ?17, seen = ?18, endpoint = ?19, version = ?20, created = ?21, updated = ?22";

/// Inserts or replaces.
pub(super) fn record(conn: &Connection, service: &ServiceRecord) -> Outcome<()> {
    conn.prepare_cached(RECORD)?.execute(params![
        service.id.as_bytes(),
        service.name,
        service.backend,
        service.kind,
        service.flavor,
        service.pipeline,
        uuid_bytes(&service.run),
        service.step,
        service.model_name,
        service.model_uri,
        service.model_type,
        digest_bytes(&service.model_digest),
        json(&service.config)?,
        service.desired.as_str(),
        service.status.state.as_str(),
        service.status.last_state.as_str(),
        service.status.last_error,
        service.status.seen.timestamp_micros(),
        json(&service.endpoint)?,
        service.version,
        service.created.timestamp_micros(),
        service.updated.timestamp_micros(),
    ])?;
    Ok(())
}

/// Does nothing when the service is gone, serves another version by now, or was seen later.
pub(super) fn observe(conn: &Connection, service: Uuid, version: u32, status: &ServiceStatus) -> Outcome<()> {
    conn.prepare_cached(
        "UPDATE service SET state = ?3, last_state = ?4, last_error = ?5, seen = ?6
         WHERE id = ?1 AND version = ?2 AND seen <= ?6",
    )?
    .execute(params![
        service.as_bytes(),
        version,
        status.state.as_str(),
        status.last_state.as_str(),
        status.last_error,
        status.seen.timestamp_micros(),
    ])?;
    Ok(())
}

/// With its versions. Does nothing when it is gone already.
pub(super) fn delete(conn: &Connection, service: Uuid) -> Outcome<()> {
    for sql in [
        "DELETE FROM service_version WHERE service = ?1",
        "DELETE FROM service WHERE id = ?1",
    ] {
        conn.prepare_cached(sql)?.execute([service.as_bytes()])?;
    }
    Ok(())
}

pub(super) fn one(conn: &Connection, service: Uuid) -> Outcome<Option<ServiceRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM service WHERE id = ?1");
    values::first(conn, "service", &sql, [service.as_bytes()], read)
}

pub(super) fn list(conn: &Connection, filter: &ServiceFilter) -> Outcome<Vec<ServiceRecord>> {
    let (sql, given) = list_sql(filter);
    values::all(conn, "service", &sql, params_from_iter(given), read)
}

/// The query for a list, and the values of its parameters. Of the conditions that are given, the first is looked up in
/// its index; the others are only compared with what is found there, which a plus says to SQLite.
pub(super) fn list_sql(filter: &ServiceFilter) -> (String, Vec<SqlValue>) {
    let mut sql = format!("SELECT {COLUMNS} FROM service WHERE true");
    let mut given: Vec<SqlValue> = Vec::new();
    let mut plus = "";
    if let Some(run) = filter.run {
        sql.push_str(
            " AND id IN (SELECT service FROM service_version WHERE run = ? UNION SELECT id FROM service WHERE run = ?)",
        );
        given.extend([run, run].map(|run| SqlValue::from(run.as_bytes().to_vec())));
        plus = "+";
    }
    let text = |value: &Option<String>| value.clone().map(SqlValue::from);
    // From what few services share to what most have in common.
    for (column, value) in [
        ("name", text(&filter.name)),
        ("model_uri", text(&filter.model_uri)),
        ("model_name", text(&filter.model_name)),
        ("step", text(&filter.step)),
        ("pipeline", text(&filter.pipeline)),
        ("model_type", text(&filter.model_type)),
        ("flavor", text(&filter.flavor)),
        ("kind", text(&filter.kind)),
        (
            "desired",
            filter.desired.map(|state| state.as_str().to_owned().into()),
        ),
    ] {
        if let Some(value) = value {
            sql.push_str(&format!(" AND {plus}{column} = ?"));
            given.push(value);
            plus = "+";
        }
    }
    if let Some(before) = filter.before {
        sql.push_str(" AND id < ?");
        given.push(before.as_bytes().to_vec().into());
    }
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    given.push(filter.limit.map_or(-1, i64::from).into());
    (sql, given)
}

fn read(row: &mut Columns<'_, '_>) -> Outcome<ServiceRecord> {
    Ok(ServiceRecord {
        id: row.uuid()?,
        name: row.get()?,
        backend: row.get()?,
        kind: row.get()?,
        flavor: row.get()?,
        pipeline: row.get()?,
        run: row.opt_uuid()?,
        step: row.get()?,
        model_name: row.get()?,
        model_uri: row.get()?,
        model_type: row.get()?,
        model_digest: row.opt_digest()?,
        config: row.json()?,
        desired: row.parsed()?,
        status: ServiceStatus {
            state: row.parsed()?,
            last_state: row.parsed()?,
            last_error: row.get()?,
            seen: row.time()?,
        },
        endpoint: row.json()?,
        version: row.get()?,
        created: row.time()?,
        updated: row.time()?,
    })
}
