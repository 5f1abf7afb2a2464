//! The versions of services.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fault::{Fault, Outcome, is_missing_reference};
use super::values::{self, Columns, digest_bytes, json, micros, uuid_bytes};
use crate::metadata::{ProgramRecord, ServiceVersionRecord};

const RECORD: &str = "INSERT INTO service_version (service, number, config, run, model_uri, model_digest, program_path, \
     program_digest, process, state, error, started, live, ended)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
     ON CONFLICT (service, number) DO UPDATE SET config = ?3, run = ?4, model_uri = ?5, model_digest = ?6, \
     program_path = ?7, program_digest = ?8, process = ?9, state = ?10, error = ?11, started = ?12, live = ?13, \
     ended = ?14";

pub(super) const OF_SERVICE: &str =
    "SELECT service, number, config, run, model_uri, model_digest, program_path, \
     program_digest, process, state, error, started, live, ended FROM service_version
     WHERE service = ?1 ORDER BY number";

pub(super) const ONE: &str = "SELECT service, number, config, run, model_uri, model_digest, program_path, \
     program_digest, process, state, error, started, live, ended FROM service_version
     WHERE service = ?1 AND number = ?2";

/// Inserts or replaces. Fails when the service is not recorded.
pub(super) fn record(conn: &Connection, version: &ServiceVersionRecord) -> Outcome<()> {
    let program = version.program.as_ref();
    let recorded = conn.prepare_cached(RECORD)?.execute(params![
        version.service.as_bytes(),
        version.number,
        json(&version.config)?,
        uuid_bytes(&version.run),
        version.model_uri,
        digest_bytes(&version.model_digest),
        program.map(|program| &program.path),
        program.and_then(|program| digest_bytes(&program.digest)),
        json(&version.process)?,
        version.state.as_str(),
        version.error,
        version.started.timestamp_micros(),
        micros(version.live),
        micros(version.ended),
    ]);
    match recorded {
        Err(error) if is_missing_reference(&error) => Err(Fault::Missing {
            kind: "service",
            id: version.service,
        }),
        other => Ok(other.map(|_| ())?),
    }
}

/// Removes the versions below a number.
pub(super) fn prune(conn: &Connection, service: Uuid, from: u32) -> Outcome<()> {
    conn.prepare_cached("DELETE FROM service_version WHERE service = ?1 AND number < ?2")?
        .execute(params![service.as_bytes(), from])?;
    Ok(())
}

pub(super) fn of_service(conn: &Connection, service: Uuid) -> Outcome<Vec<ServiceVersionRecord>> {
    values::all(conn, "version of service", OF_SERVICE, [service.as_bytes()], read)
}

pub(super) fn one(conn: &Connection, service: Uuid, number: u32) -> Outcome<Option<ServiceVersionRecord>> {
    let which = params![service.as_bytes(), number];
    values::first(conn, "version of service", ONE, which, read)
}

fn read(row: &mut Columns<'_, '_>) -> Outcome<ServiceVersionRecord> {
    Ok(ServiceVersionRecord {
        service: row.uuid()?,
        number: row.get()?,
        config: row.json()?,
        run: row.opt_uuid()?,
        model_uri: row.get()?,
        model_digest: row.opt_digest()?,
        program: {
            let (path, digest) = (row.get::<Option<String>>()?, row.opt_digest()?);
            path.map(|path| ProgramRecord { path, digest })
        },
        process: row.json()?,
        state: row.parsed()?,
        error: row.get()?,
        started: row.time()?,
        live: row.opt_time()?,
        ended: row.opt_time()?,
    })
}
