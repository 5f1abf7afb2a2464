//! The store: one connection that writes, several that read.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior};
use uuid::Uuid;

use super::fault::{Fault, Outcome};
use super::file::DatabaseFile;
use super::migrations::APPLICATION_ID;
use super::open;
use super::options::{Durability, SqliteOptions};
use super::readers::Readers;
use super::{
    apply, apply_each, artifacts, cached, cancel_requests, hooks, ids, leases, objects, observations,
    pipelines, programs, revisions, runs, schedule_changes, schedulers, schedules, service_versions,
    services, slots, step_queries, trackings,
};
use crate::artifact::Digest;
use crate::metadata::{
    ArtifactFilter, ArtifactRecord, CachedStep, CancelRequest, Change, HookRecord, IdKind, LeaseOutcome,
    LeaseRecord, LogRecord, MetadataError, MetadataStore, MetricRecord, Neighbours, PipelineRecord,
    PipelineVersionRecord, RunFilter, RunRecord, ScheduleChanges, ScheduleFilter, ScheduleRecord,
    SchedulerRecord, ServiceFilter, ServiceRecord, ServiceVersionRecord, SlotFilter, SlotRecord, StepRecord,
    TrackingRecord, redacted,
};

/// Metadata in a SQLite database: a file that any number of threads and processes of one machine may use at once, or
/// a database in memory for tests.
///
/// The file is in WAL mode: readers never wait, writers wait for each other, up to a minute. Beside it stand
/// `<file>-wal` and `<file>-shm` while it is in use, and `<file>.lock`, which is only locked while the database is
/// being opened. The file must be on a local disk.
///
/// Times are kept to the microsecond. A change that refers to a run, step, artifact or service that was not
/// recorded before it fails, and with it the whole list it is in; only hooks may outlive what they were called after.
#[derive(Debug)]
pub struct SqliteMetadata {
    location: String,
    durability: Durability,
    /// None in memory, where the writer reads. Dropped before the writer: the last connection to close empties the
    /// write-ahead log, which one that only reads cannot do.
    readers: Option<Readers>,
    writer: Mutex<Connection>,
    file: Option<DatabaseFile>,
}

impl SqliteMetadata {
    /// Opens the database in this file; creates it, or upgrades one of an older zen. Safe to call in several
    /// processes at once.
    ///
    /// # Errors
    /// [`MetadataError::Newer`] for a database of a newer zen. [`MetadataError::Open`] when the folder is missing or
    /// not writable, when the file is damaged, or when it belongs to another program; nothing is changed then.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, MetadataError> {
        // Readers are opened later, when the working directory may be another one.
        let path = std::path::absolute(path).map_err(|error| MetadataError::Open {
            location: path.display().to_string(),
            reason: error.to_string(),
            source: None,
        })?;
        let writer = open::writer(&path, options.durability)?;
        let file = DatabaseFile::opened(&path);
        Ok(Self::new(
            path.display().to_string(),
            options.durability,
            Some(path),
            writer,
            file,
        ))
    }

    /// A new, empty database in memory, gone when the value is dropped.
    ///
    /// # Errors
    /// [`MetadataError::Open`] when SQLite has no memory for it.
    pub fn in_memory() -> Result<Self, MetadataError> {
        Ok(Self::new(
            ":memory:".to_owned(),
            Durability::Process,
            None,
            open::memory()?,
            None,
        ))
    }

    fn new(
        location: String,
        durability: Durability,
        path: Option<PathBuf>,
        writer: Connection,
        file: Option<DatabaseFile>,
    ) -> Self {
        Self {
            location,
            durability,
            readers: path.map(Readers::new),
            writer: Mutex::new(writer),
            file,
        }
    }

    /// Reads only, through this one connection.
    pub(super) fn looking(path: &Path, conn: Connection) -> Self {
        Self::new(path.display().to_string(), Durability::Process, None, conn, None)
    }

    pub(super) fn read<T>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&Connection) -> Outcome<T>,
    ) -> Result<T, MetadataError> {
        let found = match &self.readers {
            Some(readers) => readers.with(read),
            None => read(&self.writer.lock().unwrap_or_else(PoisonError::into_inner)),
        };
        found.map_err(|fault| fault.at(&self.location, doing))
    }

    pub(super) fn write<T>(
        &self,
        doing: &'static str,
        write: impl FnOnce(&mut Connection) -> Outcome<T>,
    ) -> Result<T, MetadataError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        write(&mut writer).map_err(|fault| fault.at(&self.location, doing))
    }

    /// Makes a change in one transaction, or nothing of it when it fails. Locks the database at once: a transaction that
    /// reads first may find when it writes that another process has written in between.
    pub(super) fn transact<T>(
        &self,
        doing: &'static str,
        change: impl FnOnce(&Connection) -> Outcome<T>,
    ) -> Result<T, MetadataError> {
        self.write(doing, |conn| {
            let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let changed = change(&transaction)?;
            transaction.commit()?;
            // SQLite goes on with a file that has been deleted. Asked afterwards: what was committed to a file that is still there is kept.
            match &self.file {
                Some(file) if file.is_gone() => Err(Fault::Gone),
                _ => Ok(changed),
            }
        })
    }
}

impl MetadataStore for SqliteMetadata {
    fn location(&self) -> String {
        self.location.clone()
    }

    fn apply(&self, changes: &[Change]) -> Result<(), MetadataError> {
        if changes.is_empty() {
            return Ok(());
        }
        let changes = redacted(changes);
        self.transact(apply::DOING, |conn| apply::all(conn, &changes))
    }

    fn apply_each(&self, lists: &[Vec<Change>]) -> Vec<Result<(), MetadataError>> {
        if lists.iter().all(Vec::is_empty) {
            return lists.iter().map(|_| Ok(())).collect();
        }
        let mut refused = Vec::with_capacity(lists.len());
        let committed = self.transact(apply::DOING, |conn| {
            for changes in lists {
                let applied = apply_each::one(conn, &redacted(changes))?;
                refused.push(applied.err().map(|fault| fault.at(&self.location, apply::DOING)));
            }
            Ok(())
        });
        match committed {
            Ok(()) => refused
                .into_iter()
                .map(|refused| refused.map_or(Ok(()), Err))
                .collect(),
            Err(error) => apply_each::all_failed(&self.location, lists.len(), refused, error),
        }
    }

    fn sync(&self) -> Result<(), MetadataError> {
        if self.readers.is_none() || self.durability == Durability::Power {
            return Ok(());
        }
        self.write("forcing the changes to the disk", |conn| {
            conn.pragma_update(None, "synchronous", open::synchronous(Durability::Power))?;
            let synced = commit_nothing(conn);
            conn.pragma_update(None, "synchronous", open::synchronous(self.durability))?;
            Ok(synced?)
        })
    }

    fn pipelines(&self) -> Result<Vec<PipelineRecord>, MetadataError> {
        self.read("listing pipelines", pipelines::all)
    }

    fn pipeline_versions(&self, pipeline: &str) -> Result<Vec<PipelineVersionRecord>, MetadataError> {
        self.read("listing the versions of a pipeline", |conn| {
            pipelines::versions(conn, pipeline)
        })
    }

    fn run(&self, run: Uuid) -> Result<Option<RunRecord>, MetadataError> {
        self.read("reading a run", |conn| runs::one(conn, run))
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRecord>, MetadataError> {
        self.read("listing runs", |conn| runs::list(conn, filter))
    }

    fn cancel_requested(&self, run: Uuid) -> Result<Option<CancelRequest>, MetadataError> {
        self.read("looking for a request to cancel a run", |conn| {
            cancel_requests::of_run(conn, run)
        })
    }

    fn tracking(&self, run: Uuid) -> Result<Option<TrackingRecord>, MetadataError> {
        self.read("reading the tracking of a run", |conn| {
            trackings::of_run(conn, run)
        })
    }

    fn unended_trackings(&self, location: &str, limit: u32) -> Result<Vec<TrackingRecord>, MetadataError> {
        self.read("looking for trackings without an end", |conn| {
            trackings::unended(conn, location, limit)
        })
    }

    fn steps(&self, run: Uuid) -> Result<Vec<StepRecord>, MetadataError> {
        self.read("listing the steps of a run", |conn| {
            step_queries::of_run(conn, run)
        })
    }

    fn step_named(&self, run: Uuid, name: &str) -> Result<Option<StepRecord>, MetadataError> {
        self.read("reading a step by name", |conn| {
            step_queries::named(conn, run, name)
        })
    }

    fn step(&self, step: Uuid) -> Result<Option<StepRecord>, MetadataError> {
        self.read("reading a step", |conn| step_queries::one(conn, step))
    }

    fn step_before(
        &self,
        pipeline: &str,
        name: &str,
        before: Uuid,
    ) -> Result<Option<StepRecord>, MetadataError> {
        self.read("reading a step of an earlier run", |conn| {
            step_queries::before(conn, pipeline, name, before)
        })
    }

    fn find_cached(
        &self,
        key: Digest,
        now: DateTime<Utc>,
        not_of: Option<Uuid>,
    ) -> Result<Option<CachedStep>, MetadataError> {
        self.read("looking up a cache key", |conn| {
            cached::find(conn, key, now, not_of)
        })
    }

    fn artifact(&self, id: Uuid) -> Result<Option<ArtifactRecord>, MetadataError> {
        self.read("reading an artifact version", |conn| artifacts::one(conn, id))
    }

    fn artifact_version(
        &self,
        name: &str,
        number: Option<u32>,
    ) -> Result<Option<ArtifactRecord>, MetadataError> {
        self.read("reading an artifact version by number", |conn| {
            artifacts::version(conn, name, number)
        })
    }

    fn artifacts(&self, filter: &ArtifactFilter) -> Result<Vec<ArtifactRecord>, MetadataError> {
        self.read("listing artifact versions", |conn| artifacts::list(conn, filter))
    }

    fn artifact_names(&self) -> Result<Vec<String>, MetadataError> {
        self.read("listing artifact names", artifacts::names)
    }

    fn consumers(&self, artifact: Uuid) -> Result<Vec<StepRecord>, MetadataError> {
        self.read("listing the readers of an artifact", |conn| {
            step_queries::consumers(conn, artifact)
        })
    }

    fn object(&self, digest: Digest) -> Result<Option<Vec<u8>>, MetadataError> {
        self.read("reading an inline object", |conn| objects::bytes(conn, digest))
    }

    fn logs(&self, step: Uuid, from: u64, limit: u32) -> Result<Vec<LogRecord>, MetadataError> {
        self.read("reading a log", |conn| {
            observations::logs(conn, step, from, limit)
        })
    }

    fn metrics(&self, step: Uuid) -> Result<Vec<MetricRecord>, MetadataError> {
        self.read("reading metrics", |conn| observations::metrics(conn, step))
    }

    fn service(&self, service: Uuid) -> Result<Option<ServiceRecord>, MetadataError> {
        self.read("reading a service", |conn| services::one(conn, service))
    }

    fn services(&self, filter: &ServiceFilter) -> Result<Vec<ServiceRecord>, MetadataError> {
        self.read("listing services", |conn| services::list(conn, filter))
    }

    fn service_versions(&self, service: Uuid) -> Result<Vec<ServiceVersionRecord>, MetadataError> {
        self.read("listing the versions of a service", |conn| {
            service_versions::of_service(conn, service)
        })
    }

    fn service_version(
        &self,
        service: Uuid,
        number: u32,
    ) -> Result<Option<ServiceVersionRecord>, MetadataError> {
        self.read("reading a version of a service", |conn| {
            service_versions::one(conn, service, number)
        })
    }

    fn programs_in_use(&self) -> Result<Vec<Digest>, MetadataError> {
        self.read("listing the programs in use", programs::in_use)
    }

    fn schedule_revision(&self) -> Result<u64, MetadataError> {
        self.read("asking whether schedules have changed", revisions::now)
    }

    fn schedule_changes(&self, since: u64) -> Result<ScheduleChanges, MetadataError> {
        self.read("asking how schedules have changed", |conn| {
            schedule_changes::since(conn, since)
        })
    }

    fn schedules(&self, filter: &ScheduleFilter) -> Result<Vec<ScheduleRecord>, MetadataError> {
        self.read("listing schedules", |conn| schedules::list(conn, filter))
    }

    fn schedule(&self, schedule: Uuid) -> Result<Option<ScheduleRecord>, MetadataError> {
        self.read("reading a schedule", |conn| schedules::one(conn, schedule))
    }

    fn schedule_named(&self, name: &str) -> Result<Option<ScheduleRecord>, MetadataError> {
        self.read("reading a schedule by name", |conn| schedules::named(conn, name))
    }

    fn slots(&self, filter: &SlotFilter) -> Result<Vec<SlotRecord>, MetadataError> {
        self.read("listing slots", |conn| slots::list(conn, filter))
    }

    fn slot(&self, slot: Uuid) -> Result<Option<SlotRecord>, MetadataError> {
        self.read("reading a slot", |conn| slots::one(conn, slot))
    }

    fn schedulers(&self) -> Result<Vec<SchedulerRecord>, MetadataError> {
        self.read("listing schedulers", schedulers::all)
    }

    fn hooks(&self, run: Uuid) -> Result<Vec<HookRecord>, MetadataError> {
        self.read("listing the hooks of a run", |conn| hooks::of_run(conn, run))
    }

    fn slot_hooks(&self, slot: Uuid) -> Result<Vec<HookRecord>, MetadataError> {
        self.read("listing the hooks of a slot", |conn| hooks::of_slot(conn, slot))
    }

    fn acquire_lease(
        &self,
        key: &str,
        holder: &str,
        now: DateTime<Utc>,
        expires: DateTime<Utc>,
        takeover: Option<u64>,
    ) -> Result<LeaseOutcome, MetadataError> {
        // Whoever waits for a lease asks often: as long as it is held, that does not keep others from writing.
        let holding = self.read("looking at a lease", |conn| {
            leases::in_the_way(conn, key, now, takeover)
        })?;
        match holding {
            Some(holding) => Ok(LeaseOutcome::Busy(holding)),
            None => self.transact("acquiring a lease", |conn| {
                leases::acquire(conn, key, holder, now, expires, takeover)
            }),
        }
    }

    fn renew_lease(&self, lease: &LeaseRecord, expires: DateTime<Utc>) -> Result<bool, MetadataError> {
        self.transact("renewing a lease", |conn| leases::renew(conn, lease, expires))
    }

    fn release_lease(&self, lease: &LeaseRecord) -> Result<(), MetadataError> {
        self.transact("releasing a lease", |conn| leases::release(conn, lease))
    }

    fn lease(&self, key: &str) -> Result<Option<LeaseRecord>, MetadataError> {
        self.read("reading a lease", |conn| leases::kept_lease(conn, key))
    }

    fn ids_between(
        &self,
        kind: IdKind,
        low: Uuid,
        high: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>, MetadataError> {
        self.read("looking for ids", |conn| {
            ids::between(conn, kind, low, high, limit)
        })
    }

    fn id_neighbours(&self, kind: IdKind, id: Uuid) -> Result<Neighbours, MetadataError> {
        self.read("looking for the ids beside one", |conn| {
            ids::neighbours(conn, kind, id)
        })
    }
}

/// A transaction that changes nothing but is written to the log: with `synchronous=FULL` its commit waits for the
/// whole log to reach the disk, and unlike a checkpoint it does not wait for readers.
fn commit_nothing(conn: &mut Connection) -> rusqlite::Result<()> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()
}
