//! Putting a version of a local service behind its endpoint.
//!
//! The order of things is such that whoever dies in between, one version serves in the end: the new process answers nobody until
//! it is warm and told to; it ends by itself when its starter dies before the new version is recorded as the current one; and
//! only a version that is recorded tells the one before to retire.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::launch::Launch;
use super::leftovers::{check_place, end_leftovers};
use super::spawn::{Starting, check_program, log_path};
use super::{LocalConfig, folder, home, identity, program};
use crate::metadata::{Change, Endpoint, ProgramRecord, ServiceRecord, ServiceState, ServiceVersionRecord};
use crate::service::ServiceError;
use crate::service::backend::{At, Seen};

/// How many versions are remembered beside the current one.
const VERSIONS: u32 = 100;

/// How many versions' logs are kept.
const LOGS: u32 = 5;

pub(super) fn deploy(
    at: &At<'_>,
    wanted: ServiceRecord,
    timeout: Duration,
) -> Result<ServiceRecord, ServiceError> {
    let stack = at.stack;
    let home = home(stack)?;
    let config = LocalConfig::of(&wanted)?;
    let executable = program::find(stack, home, &config.program, &wanted.name)?;
    check_program(program::is_own(stack, home, &config.program))?;
    let mut versions = stack.metadata().service_versions(wanted.id)?;
    check_place(&wanted, &versions)?;
    let over = end_leftovers(&wanted, &mut versions, stack.clock().now());
    let current = versions.iter().find(|version| version.number == wanted.version);
    let running = current.filter(|version| version.process.as_ref().is_some_and(identity::is_alive));

    let mut version = ServiceVersionRecord {
        service: wanted.id,
        number: versions.iter().map(|version| version.number).max().unwrap_or(0) + 1,
        config: wanted.config.clone(),
        run: wanted.run,
        model_uri: wanted.model_uri.clone(),
        model_digest: wanted.model_digest,
        program: Some(config.program.clone()),
        process: None,
        state: ServiceState::PendingStartup,
        error: None,
        started: stack.clock().now(),
        live: None,
        ended: None,
    };
    // Until the new version is the current one, the record says what runs: only the wish to run is new.
    let mut record = stack
        .metadata()
        .service(wanted.id)?
        .unwrap_or_else(|| wanted.clone());
    record.desired = ServiceState::Active;
    if running.is_none() {
        record.status = Seen::state(ServiceState::PendingStartup).after(&record.status, version.started);
        record.status.last_error = None;
    }
    let service = |record: &ServiceRecord| Change::Service(Box::new(record.clone()));
    let numbered = |version: &ServiceVersionRecord| Change::ServiceVersion(Box::new(version.clone()));
    let mut changes = vec![service(&record), numbered(&version)];
    changes.extend(
        over.into_iter()
            .map(|version| Change::ServiceVersion(Box::new(version))),
    );
    at.lease.apply(&wanted.name, changes)?;

    let mut launch = launch(home, &wanted, &config, version.number, running);
    launch.artifacts = at.stack.artifacts().for_another_process().cloned();
    launch.stack = at.stack.plan().cloned();
    let started = start(at, launch, &executable, &mut version, timeout);
    let (starting, host, port) = match started {
        Ok(started) => started,
        Err(error) => {
            let now = stack.clock().now();
            let reason = error.to_string();
            version.state = ServiceState::Error;
            version.ended = Some(now);
            version.error = Some(reason.clone());
            record.status = match running {
                Some(_) => Seen::state(ServiceState::Active),
                None => Seen::error(&reason),
            }
            .after(&record.status, now);
            record.status.last_error = Some(reason);
            // The reason is what matters; that it is recorded too is only helpful.
            let _ = at
                .lease
                .apply(&wanted.name, vec![service(&record), numbered(&version)]);
            return Err(error);
        }
    };

    let now = stack.clock().now();
    version.state = ServiceState::Active;
    version.live = Some(now);
    let mut record = ServiceRecord {
        kind: config.kind.clone(),
        desired: ServiceState::Active,
        endpoint: Some(Endpoint {
            protocol: config.paths.protocol.clone(),
            host: reachable(&host),
            port,
            health_path: config.paths.health.clone(),
            prediction_path: config.paths.prediction.clone(),
        }),
        version: version.number,
        updated: now,
        status: Seen::state(ServiceState::Active).after(&record.status, now),
        ..wanted
    };
    record.status.last_error = None;
    let mut changes = vec![service(&record), numbered(&version)];
    if let Some(before) = running {
        changes.push(numbered(&ServiceVersionRecord {
            state: ServiceState::Inactive,
            ended: Some(now),
            ..before.clone()
        }));
    }
    changes.push(Change::ServiceVersionsPruned {
        service: record.id,
        from: record.version.saturating_sub(VERSIONS),
    });
    // When this is refused, the new process notices that nobody wants it.
    at.lease.apply(&record.name, changes)?;
    starting.committed();
    tidy(home, &record);
    Ok(record)
}

fn launch(
    home: &Path,
    wanted: &ServiceRecord,
    config: &LocalConfig,
    version: u32,
    running: Option<&ServiceVersionRecord>,
) -> Launch {
    let before = wanted.endpoint.as_ref();
    let wish = before.map_or(0, |endpoint| endpoint.port);
    // What the running version was told, not where clients reach it: those may be the same although the addresses differ.
    let told = running.and_then(|version| LocalConfig::deserialize(&version.config).ok());
    let stays = told.is_some_and(|told| told.options.host == config.options.host)
        && before.is_some_and(|endpoint| [0, endpoint.port].contains(&config.options.port));
    Launch {
        home: home.to_owned(),
        service: wanted.id,
        name: wanted.name.clone(),
        version,
        kind: config.kind.clone(),
        config: config.settings.clone(),
        host: config.options.host.clone(),
        port: match config.options.port {
            0 => wish,
            port => port,
        },
        port_is_wish: config.options.port == 0,
        previous: running.map(|version| version.number),
        inherit: stays,
        log: log_path(&folder(home, wanted.id), version),
        limits: config.options.log,
        drain: config.options.drain,
        worker_threads: config.options.worker_threads,
        artifacts: None,
        stack: None,
    }
}

fn start(
    at: &At<'_>,
    launch: Launch,
    executable: &Path,
    version: &mut ServiceVersionRecord,
    timeout: Duration,
) -> Result<(Starting, String, u16), ServiceError> {
    let name = launch.name.clone();
    let home = home(at.stack)?;
    let program = program_of(version, executable);
    let spawn = |executable: &Path| Starting::spawn(launch.clone(), executable, &program.path, timeout);
    let mut starting = match spawn(executable) {
        // Who has deleted another service may just have removed the copy, not knowing yet that it is needed again.
        Err(ServiceError::Spawn { source, .. }) if source.kind() == ErrorKind::NotFound => {
            spawn(&program::find(at.stack, home, &program, &name)?)
        }
        other => other,
    }?;
    // Known before it answers anybody: so whoever takes over from a process that died here can end it.
    version.process = Some(starting.process().clone());
    at.lease
        .apply(&name, vec![Change::ServiceVersion(Box::new(version.clone()))])?;
    let (host, port) = starting.wait_until_warm()?;
    starting.go()?;
    Ok((starting, host, port))
}

fn program_of(version: &ServiceVersionRecord, executable: &Path) -> ProgramRecord {
    let unknown = || ProgramRecord {
        path: executable.display().to_string(),
        digest: None,
    };
    version.program.clone().unwrap_or_else(unknown)
}

/// Clients of a server that listens on all addresses reach it at this machine's own.
fn reachable(host: &str) -> String {
    match host {
        "0.0.0.0" => "127.0.0.1".into(),
        "::" | "[::]" => "::1".into(),
        host => host.to_owned(),
    }
}

/// Removes the logs of versions long gone.
fn tidy(home: &Path, record: &ServiceRecord) {
    let folder = folder(home, record.id);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| {
            let digits = name.strip_prefix('v')?.split('.').next()?;
            digits.parse::<u32>().ok()
        });
        if number.is_some_and(|number| number + LOGS <= record.version) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
