//! What all parts of a working scheduler share.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::events::{SchedulerEvent, SchedulerObserver};
use crate::schedule::SchedulingError;
use crate::stack::Stack;

type Canceller = Box<dyn Fn(&str) + Send + Sync>;

/// A slot with the token of its claim. A scheduler that was taken for dead may claim a slot again while its first run of it still ends.
pub(super) type Claim = (Uuid, u64);

/// A claim that is worked on.
struct Busy {
    schedule: Uuid,
    /// None: its run has not begun yet, or has been cancelled.
    cancel: Option<Canceller>,
}

/// What all parts of a working scheduler share.
pub(super) struct Work {
    pub(super) stack: Stack,
    pub(super) observer: Option<Arc<dyn SchedulerObserver>>,
    /// Whether runs say how they get on.
    pub(super) quiet: bool,
    /// The claims that are worked on.
    running: Mutex<HashMap<Claim, Busy>>,
    /// The scheduler is being stopped, and its runs are cancelled for that reason.
    cancelling: AtomicBool,
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work")
            .field("stack", &self.stack)
            .finish_non_exhaustive()
    }
}

impl Work {
    pub(super) fn new(stack: Stack, observer: Option<Arc<dyn SchedulerObserver>>, quiet: bool) -> Self {
        Self {
            stack,
            observer,
            quiet,
            running: Mutex::default(),
            cancelling: AtomicBool::new(false),
        }
    }

    pub(super) fn tell(&self, event: &SchedulerEvent) {
        if let Some(observer) = &self.observer {
            observer.event(event);
        }
    }

    pub(super) fn trouble(&self, error: impl Into<SchedulingError>) {
        let error = Arc::new(error.into());
        tracing::warn!(target: "zen::scheduler", "{error}");
        self.tell(&SchedulerEvent::Trouble { error });
    }

    fn running(&self) -> MutexGuard<'_, HashMap<Claim, Busy>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A slot is worked on from now on.
    pub(super) fn begins(&self, claim: Claim, schedule: Uuid) {
        let cancel = None;
        self.running().insert(claim, Busy { schedule, cancel });
    }

    /// Its run has begun, and can be cancelled so.
    pub(super) fn begun(&self, claim: Claim, cancel: impl Fn(&str) + Send + Sync + 'static) {
        let mut running = self.running();
        // Under the lock: of this and `cancel_all`, the later one sees the other.
        if self.is_cancelling() {
            cancel(STOPPED);
        }
        if let Some(busy) = running.get_mut(&claim) {
            busy.cancel = Some(Box::new(cancel));
        }
    }

    /// It is settled, or somebody else's.
    pub(super) fn ended(&self, claim: Claim) {
        self.running().remove(&claim);
    }

    /// The claims that are worked on, with their schedules.
    pub(super) fn busy(&self) -> HashMap<Claim, Uuid> {
        let running = self.running();
        running
            .iter()
            .map(|(claim, busy)| (*claim, busy.schedule))
            .collect()
    }

    /// Cancels the run of one claim; once is enough.
    pub(super) fn cancel(&self, claim: Claim, reason: &str) {
        let cancel = self.running().get_mut(&claim).and_then(|busy| busy.cancel.take());
        if let Some(cancel) = cancel {
            cancel(reason);
        }
    }

    /// Cancels all runs, also those that are about to begin. Returns how many.
    pub(super) fn cancel_all(&self) -> usize {
        let running = self.running();
        self.cancelling.store(true, Ordering::Relaxed);
        for cancel in running.values().filter_map(|busy| busy.cancel.as_ref()) {
            cancel(STOPPED);
        }
        running.len()
    }

    pub(super) fn is_cancelling(&self) -> bool {
        self.cancelling.load(Ordering::Relaxed)
    }
}

/// Why runs are cancelled when their scheduler is stopped.
const STOPPED: &str = "its scheduler was stopped, and the time for runs to end had passed";
