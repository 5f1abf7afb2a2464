//! Doing what only one may do at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::ServiceError;
use crate::metadata::{Change, LeaseOutcome, LeaseRecord, MetadataError, ProcessIdentity};
use crate::stack::Stack;

/// How long a holder that isn't heard of keeps its lease. It is renewed three times as often.
const TERM: Duration = Duration::from_secs(15);

/// The right to change a service, held by one process (and one thread of it) at a time.
///
/// It ends when it is dropped, or when its holder isn't heard of for [`TERM`]; when the holder's process is dead and was on
/// this machine, at once. A holder that was only slow can record nothing any more: each of its lists of changes begins with
/// [`fence`](Self::fence).
pub(crate) struct Lease {
    stack: Stack,
    record: Arc<Mutex<LeaseRecord>>,
    lost: Arc<AtomicBool>,
    /// Dropping it ends the thread that renews.
    renewing: Option<SyncSender<()>>,
}

/// Who holds a lease, as recorded.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    name: String,
    process: Option<ProcessIdentity>,
}

impl Lease {
    /// Waits for the lease. `service` names the service in errors.
    pub(crate) fn acquire(
        stack: &Stack,
        key: &str,
        service: &str,
        patience: Duration,
    ) -> Result<Self, ServiceError> {
        let holder = Holder {
            name: format!("process {} on {}", std::process::id(), crate::stack::host()),
            process: me(),
        };
        let holder = serde_json::to_string(&holder).unwrap_or_default();
        // None: for longer than can be counted.
        let end = Instant::now().checked_add(patience);
        let mut takeover = None;
        loop {
            let now = stack.clock().now();
            match stack
                .metadata()
                .acquire_lease(key, &holder, now, now + TERM, takeover)?
            {
                LeaseOutcome::Held(record) => return Ok(Self::held(stack.clone(), record)),
                LeaseOutcome::Busy(other) => {
                    takeover = is_dead(&other).then_some(other.token);
                    if takeover.is_some() {
                        continue;
                    }
                    let left = end.map_or(patience, |end| end.saturating_duration_since(Instant::now()));
                    if left.is_zero() {
                        return Err(ServiceError::Busy {
                            service: service.to_owned(),
                            holder: name_of(&other),
                            waited: patience,
                        });
                    }
                    // The holder may be on another machine: there is nothing else to wait for.
                    std::thread::sleep(left.min(Duration::from_millis(20)));
                }
            }
        }
    }

    fn held(stack: Stack, record: LeaseRecord) -> Self {
        let record = Arc::new(Mutex::new(record));
        let lost = Arc::new(AtomicBool::new(false));
        let (renewing, ended) = sync_channel(0);
        let renew = {
            let (stack, record, lost) = (stack.clone(), Arc::clone(&record), Arc::clone(&lost));
            move || renew(&stack, &record, &lost, &ended)
        };
        // Without it the lease ends by itself, and its fence keeps what comes later from doing harm.
        let _ = std::thread::Builder::new().name("zen-lease".into()).spawn(renew);
        Self {
            stack,
            record,
            lost,
            renewing: Some(renewing),
        }
    }

    /// What every list of changes begins with, so that it is refused once somebody else has the lease.
    pub(crate) fn fence(&self) -> Change {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        Change::Fenced {
            key: record.key.clone(),
            token: record.token,
        }
    }

    /// Applies changes, if the lease still holds.
    pub(crate) fn apply(&self, service: &str, changes: Vec<Change>) -> Result<(), ServiceError> {
        let mut all = vec![self.fence()];
        all.extend(changes);
        self.stack.metadata().apply(&all).map_err(|error| match error {
            source @ MetadataError::Fenced { .. } => ServiceError::Overtaken {
                service: service.to_owned(),
                source,
            },
            other => other.into(),
        })
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease")
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing = None;
        if !self.lost.load(Ordering::Relaxed) {
            let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
            // It ends by itself when this fails.
            let _ = self.stack.metadata().release_lease(&record);
        }
    }
}

fn renew(stack: &Stack, record: &Mutex<LeaseRecord>, lost: &AtomicBool, ended: &Receiver<()>) {
    while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(TERM / 3) {
        let expires = stack.clock().now() + TERM;
        let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
        match stack.metadata().renew_lease(&record, expires) {
            Ok(true) => record.expires = expires,
            Ok(false) => return lost.store(true, Ordering::Relaxed),
            // Tried again in a while; the fence decides.
            Err(_) => {}
        }
    }
}

fn holder(record: &LeaseRecord) -> Option<Holder> {
    serde_json::from_str(&record.holder).ok()
}

fn name_of(record: &LeaseRecord) -> String {
    holder(record).map_or_else(|| "somebody".to_owned(), |holder| holder.name)
}

#[cfg(unix)]
fn me() -> Option<ProcessIdentity> {
    super::local::identity::identify(std::process::id())
}

#[cfg(not(unix))]
fn me() -> Option<ProcessIdentity> {
    None
}

/// Whether the holder was a process of this machine that has ended.
#[cfg(unix)]
fn is_dead(record: &LeaseRecord) -> bool {
    let process = holder(record).and_then(|holder| holder.process);
    process.is_some_and(|process| {
        process.host == crate::stack::host() && !super::local::identity::is_alive(&process)
    })
}

#[cfg(not(unix))]
fn is_dead(_: &LeaseRecord) -> bool {
    false
}
