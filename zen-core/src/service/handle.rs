//! A service, as programs hold it.

use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use uuid::Uuid;

use super::backend::{At, backend};
use super::http::Http;
use super::lease::Lease;
use super::{LogLines, ServiceError};
use crate::metadata::{Change, Endpoint, ServiceRecord, ServiceState, ServiceStatus, ServiceVersionRecord};
use crate::stack::Stack;

/// How long a change of a service waits for another to end, beyond its own time.
const PATIENCE: Duration = Duration::from_secs(10);

/// A long-running process outside any run, known by its id: a prediction server, or anything else that answers requests.
///
/// A service is an artifact: a step returns it, and later steps, runs and programs load it. What is stored is its full
/// configuration, so that any past service can be started again. Loading it looks at the world: [`is_running`](Self::is_running) and
/// [`status`](Self::status) always tell what is the case now, not what was when it was stored.
///
/// `M` is the model behind a prediction server, whose types make [`predict`](Self::predict) typed; `()` when it is not known, or
/// when the service is no model.
///
/// Methods block, at most for the time they are given; when another program is changing the service, they wait for it before, for as long again
/// and ten seconds, and then fail with [`ServiceError::Busy`]. In asynchronous code that must not wait, call them in
/// `tokio::task::spawn_blocking`, or use [`predict_async`](Self::predict_async).
///
/// ```no_run
/// use zen_core::prelude::*;
/// use std::time::Duration;
///
/// # fn main() -> Result<()> {
/// let last = zen_core::service::load_last_service_from_step("continuous_deployment", "model_deployer", false)?;
/// let service: Service = last.ok_or("nothing has been deployed yet")?;
/// if !service.is_running() {
///     service.start(Duration::from_secs(60))?;
/// }
/// println!("{} at {}", service.status()?.state, service.prediction_url());
/// # Ok(())
/// # }
/// ```
pub struct Service<M = ()> {
    pub(super) inner: Arc<Inner>,
    /// How long a prediction may take.
    prediction_timeout: Duration,
    _model: PhantomData<fn() -> M>,
}

pub(super) struct Inner {
    stack: Stack,
    id: Uuid,
    name: String,
    /// The newest that is known here: what there is when the metadata knows nothing of the service any more.
    known: Mutex<Arc<ServiceRecord>>,
    pub(super) http: Mutex<Option<Http>>,
}

/// What is stored of a service.
#[derive(Serialize, Deserialize)]
struct Stored {
    home: Option<PathBuf>,
    record: ServiceRecord,
}

impl<M> Service<M> {
    /// The service of this record.
    pub(crate) fn new(stack: Stack, record: ServiceRecord) -> Self {
        Self {
            inner: Arc::new(Inner {
                stack,
                id: record.id,
                name: record.name.clone(),
                known: Mutex::new(Arc::new(record)),
                http: Mutex::new(None),
            }),
            prediction_timeout: super::predict::TIMEOUT,
            _model: PhantomData,
        }
    }

    /// The same service, whose predictions may take so long, with connecting: 75 s otherwise. It should be longer than the server's own limit, so
    /// that the server's words arrive.
    #[must_use]
    pub fn with_prediction_timeout(&self, timeout: Duration) -> Self {
        Self {
            prediction_timeout: timeout,
            ..Self::new(self.inner.stack.clone(), (*self.known()).clone())
        }
    }

    pub(super) fn patience(&self) -> Duration {
        self.prediction_timeout
    }

    /// The service with this id.
    ///
    /// # Errors
    /// When there is none, or the metadata store fails.
    pub fn find(stack: &Stack, id: Uuid) -> Result<Self, ServiceError> {
        let record = stack
            .metadata()
            .service(id)?
            .ok_or_else(|| ServiceError::unknown(id))?;
        Ok(Self::new(stack.clone(), record))
    }

    /// The same service with its model's type, or without.
    pub fn of_model<N>(&self) -> Service<N> {
        Service {
            inner: Arc::clone(&self.inner),
            prediction_timeout: self.prediction_timeout,
            _model: PhantomData,
        }
    }

    /// The service's id, which stays the same through all updates.
    pub fn id(&self) -> Uuid {
        self.inner.id
    }

    /// The service's name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The stack it belongs to.
    pub fn stack(&self) -> &Stack {
        &self.inner.stack
    }

    /// All that is recorded of it now: or what was when it was stored, if it has been deleted since.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn record(&self) -> Result<ServiceRecord, ServiceError> {
        let record = self.inner.stack.metadata().service(self.id())?;
        let record = record.unwrap_or_else(|| {
            let known = (*self.known()).clone();
            ServiceRecord {
                desired: ServiceState::Inactive,
                version: 0,
                status: ServiceStatus {
                    state: ServiceState::Inactive,
                    ..known.status.clone()
                },
                ..known
            }
        });
        self.learn(record.clone());
        Ok(record)
    }

    /// What is known here without asking.
    pub(super) fn known(&self) -> Arc<ServiceRecord> {
        Arc::clone(&self.inner.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, record: ServiceRecord) {
        *self.inner.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(record);
    }

    /// Its versions, oldest first.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn versions(&self) -> Result<Vec<ServiceVersionRecord>, ServiceError> {
        Ok(self.inner.stack.metadata().service_versions(self.id())?)
    }

    /// Looks whether it runs and is healthy, and records what is seen.
    ///
    /// # Errors
    /// When the metadata store fails. A service that doesn't answer is no error here, but a state.
    pub fn status(&self) -> Result<ServiceStatus, ServiceError> {
        let record = self.record()?;
        observe(&self.inner.stack, &record)
    }

    /// Looks whether it runs and is healthy, as [`status`](Self::status) does, and records nothing.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn look(&self) -> Result<ServiceStatus, ServiceError> {
        look(&self.inner.stack, &self.record()?)
    }

    /// Whether it runs and is healthy, now.
    pub fn is_running(&self) -> bool {
        self.status()
            .is_ok_and(|status| status.state == ServiceState::Active)
    }

    /// Whether it should run and doesn't: it died, did not start, or isn't healthy.
    pub fn is_failed(&self) -> bool {
        self.status()
            .is_ok_and(|status| status.state == ServiceState::Error)
    }

    /// Where it answers, or answered last; none when it never has.
    pub fn endpoint(&self) -> Option<Endpoint> {
        match self.record() {
            Ok(record) => record.endpoint,
            Err(_) => self.known().endpoint.clone(),
        }
    }

    /// The URL that predictions are asked at; empty when the service makes none or never ran.
    pub fn prediction_url(&self) -> String {
        let url = |endpoint: Endpoint| {
            let path = endpoint.prediction_path.clone()?;
            Some(format!("{}{path}", endpoint.base_url()))
        };
        self.endpoint().and_then(url).unwrap_or_default()
    }

    /// Starts it, with the configuration it has, if it doesn't run. Waits until it answers.
    ///
    /// # Errors
    /// When it fails to start (with the reason and the end of its log), takes longer than `timeout`, or runs on another machine.
    pub fn start(&self, timeout: Duration) -> Result<(), ServiceError> {
        let lease = self.lease(timeout)?;
        let record = self.record()?;
        let at = self.at(&lease);
        if observe(at.stack, &record)?.state == ServiceState::Active {
            return Ok(());
        }
        // One that runs and isn't healthy is replaced as by an update.
        let record = backend(&record)?.deploy(&at, record, timeout)?;
        self.remember(record);
        Ok(())
    }

    /// Stops it. It can be started again at any time.
    ///
    /// It is asked to stop (SIGTERM) and answers what has been asked of it; what hasn't ended after `timeout` is ended, with all of its
    /// process group. `force` ends it at once. A `timeout` of zero only asks, and doesn't wait.
    ///
    /// # Errors
    /// When it can't be ended.
    pub fn stop(&self, timeout: Duration, force: bool) -> Result<(), ServiceError> {
        let lease = self.lease(timeout)?;
        let record = self.record()?;
        backend(&record)?.stop(&self.at(&lease), &record, timeout, force)
    }

    /// Ends it and removes all that is kept of it. It is not found any more; only a stored artifact of it can bring it back.
    ///
    /// # Errors
    /// When it can't be ended, or its files can't be removed.
    pub fn delete(&self, timeout: Duration, force: bool) -> Result<(), ServiceError> {
        let lease = self.lease(timeout)?;
        let record = self.record()?;
        let at = self.at(&lease);
        let backend = backend(&record)?;
        // Whoever waits for a server to vanish must not be told so while it only has been asked to.
        backend.stop(&at, &record, timeout.max(Duration::from_millis(1)), force)?;
        backend.remove(&at, &record)?;
        lease.apply(&record.name, vec![Change::ServiceDeleted { service: record.id }])?;
        // Only tidies up.
        #[cfg(unix)]
        let _ = super::local::sweep_programs(at.stack);
        Ok(())
    }

    /// Goes back to the version before the current one: starts it as a new version in its place, with its model and its program.
    ///
    /// # Errors
    /// When there is none, or it fails to start; the current version stays then.
    pub fn rollback(&self, timeout: Duration) -> Result<(), ServiceError> {
        let lease = self.lease(timeout)?;
        let record = self.record()?;
        let versions = self.versions()?;
        let earlier = versions
            .into_iter()
            .rev()
            .find(|version| version.number < record.version && version.live.is_some());
        let Some(earlier) = earlier else {
            return Err(ServiceError::NoEarlierVersion { service: record.name });
        };
        // It may have been another one.
        let model_type = earlier.config.pointer("/deployment/model/type_name");
        let model_type = model_type.and_then(|name| name.as_str()).map(str::to_owned);
        let wanted = ServiceRecord {
            model_type: model_type.or_else(|| record.model_type.clone()),
            config: earlier.config,
            run: earlier.run,
            model_uri: earlier.model_uri,
            model_digest: earlier.model_digest,
            ..record
        };
        let record = backend(&wanted)?.deploy(&self.at(&lease), wanted, timeout)?;
        self.remember(record);
        Ok(())
    }

    /// Puts another configuration behind the service's endpoint as a new version. `change` gets what is recorded now and returns what is
    /// to be, or nothing when all is as it should be.
    pub(crate) fn change(
        &self,
        timeout: Duration,
        change: impl FnOnce(ServiceRecord, &ServiceStatus) -> Result<Option<ServiceRecord>, ServiceError>,
    ) -> Result<(), ServiceError> {
        let lease = self.lease(timeout)?;
        let record = self.record()?;
        let at = self.at(&lease);
        let status = observe(at.stack, &record)?;
        let Some(wanted) = change(record, &status)? else {
            return Ok(());
        };
        let record = backend(&wanted)?.deploy(&at, wanted, timeout)?;
        self.remember(record);
        // Only tidies up.
        #[cfg(unix)]
        let _ = super::local::sweep_programs(at.stack);
        Ok(())
    }

    /// The lines of its log, oldest first: the last `tail` of them when it is given. With `follow` the iterator waits for further lines, until
    /// the service's process has ended.
    ///
    /// # Errors
    /// When it never ran, or its log is gone.
    pub fn logs(&self, follow: bool, tail: Option<usize>) -> Result<LogLines, ServiceError> {
        let record = self.record()?;
        backend(&record)?.logs(&self.inner.stack, &record, follow, tail)
    }

    /// The right to change it. Whoever changes it now may take as long as this change, and then some.
    fn lease(&self, timeout: Duration) -> Result<Lease, ServiceError> {
        let key = format!("service/{}", self.id());
        Lease::acquire(
            &self.inner.stack,
            &key,
            self.name(),
            timeout.saturating_add(PATIENCE),
        )
    }

    fn at<'a>(&'a self, lease: &'a Lease) -> At<'a> {
        At {
            stack: &self.inner.stack,
            lease,
        }
    }

    /// There is another version now.
    pub(super) fn remember(&self, record: ServiceRecord) {
        self.learn(record);
        // Connections to the version before would get one more answer from it.
        *self.inner.http.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Looks at a service, and records what is new.
pub(crate) fn observe(stack: &Stack, record: &ServiceRecord) -> Result<ServiceStatus, ServiceError> {
    let (status, is_current) = look_at(stack, record)?;
    if is_current && (status.state != record.status.state || status.last_error != record.status.last_error) {
        stack.metadata().apply(&[Change::ServiceObserved {
            service: record.id,
            version: record.version,
            status: status.clone(),
        }])?;
    }
    Ok(status)
}

/// Looks at a service.
fn look(stack: &Stack, record: &ServiceRecord) -> Result<ServiceStatus, ServiceError> {
    Ok(look_at(stack, record)?.0)
}

/// What is seen of a service, and whether it was seen of this record and not of a newer one.
fn look_at(stack: &Stack, record: &ServiceRecord) -> Result<(ServiceStatus, bool), ServiceError> {
    // From before the look: what somebody records meanwhile, who changes the service, is newer.
    let now = stack.clock().now();
    let mut seen = backend(record)?.probe(stack, record)?;
    if seen.state == ServiceState::Error {
        // Its process may be gone because somebody has just stopped or replaced it.
        match stack.metadata().service(record.id)? {
            Some(fresh) if (fresh.version, fresh.desired) != (record.version, record.desired) => {
                seen = backend(&fresh)?.probe(stack, &fresh)?;
                return Ok((seen.after(&fresh.status, now), false));
            }
            _ => {}
        }
    }
    Ok((seen.after(&record.status, now), true))
}

impl<M> Clone for Service<M> {
    fn clone(&self) -> Self {
        self.of_model()
    }
}

impl<M> fmt::Debug for Service<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("endpoint", &self.known().endpoint)
            .finish_non_exhaustive()
    }
}

/// The name and the id.
impl<M> fmt::Display for Service<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.id())
    }
}

/// With its full configuration as it is recorded now.
impl<M> Serialize for Service<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = Stored {
            home: self.inner.stack.home().map(PathBuf::from),
            record: self.record().map_err(ser::Error::custom)?,
        };
        stored.serialize(serializer)
    }
}

/// In the project it was stored from, when that is still there; else in the active one.
impl<'de, M> Deserialize<'de> for Service<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let stack = match stored.home {
            Some(home) if home.is_dir() => Stack::opened_at(&home),
            _ => Stack::active(),
        };
        Ok(Self::new(stack.map_err(de::Error::custom)?, stored.record))
    }
}
