//! Which hooks of a run are under way.

use super::RunCore;
use crate::runner::state::InstanceId;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, Semaphore};

/// How many hooks of steps are called at once: each has a thread, and a fan-out may have very many elements.
pub(super) const AT_ONCE: usize = 64;

/// The hooks of a run that are being called.
#[derive(Debug)]
pub(super) struct Calls {
    /// Ends of steps, or of the run, whose hooks haven't all ended.
    open: AtomicUsize,
    none_open: Notify,
    /// The outcomes that hooks were called for. A step whose output turned out to be damaged is executed a second time.
    pub(super) called: Mutex<HashSet<(InstanceId, &'static str)>>,
    pub(super) places: Semaphore,
    /// No further hook is called.
    stopping: AtomicBool,
    /// Those under way are given up.
    given_up: AtomicBool,
    giving_up: Notify,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            open: AtomicUsize::new(0),
            none_open: Notify::const_new(),
            called: Mutex::default(),
            places: Semaphore::const_new(AT_ONCE),
            stopping: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            giving_up: Notify::const_new(),
        }
    }
}

impl Calls {
    pub(super) fn are_open(&self) -> bool {
        self.open.load(Ordering::SeqCst) > 0
    }

    pub(super) fn are_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// No further hook is called. Whether that is new, and some are under way.
    pub(super) fn stop(&self) -> bool {
        !self.stopping.swap(true, Ordering::SeqCst) && self.are_open()
    }

    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::SeqCst);
        self.giving_up.notify_waiters();
    }

    /// Waits until they are to be given up.
    pub(super) async fn given_up(&self) {
        loop {
            let notified = self.giving_up.notified();
            if self.given_up.load(Ordering::SeqCst) {
                return;
            }
            notified.await;
        }
    }

    /// Waits until none is under way.
    pub(super) async fn ended(&self) {
        loop {
            let notified = self.none_open.notified();
            if !self.are_open() {
                return;
            }
            notified.await;
        }
    }
}

/// Counts as open until it is dropped, also by a task that is dropped with its runtime.
pub(super) struct Open(pub(super) Arc<RunCore>);

impl Open {
    pub(super) fn new(core: &Arc<RunCore>) -> Self {
        core.hooks.open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(core))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.0.hooks.open.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.hooks.none_open.notify_waiters();
        }
    }
}
