//! Bounds what waits for storage.

use std::sync::{Condvar, Mutex, PoisonError};

/// How many encoded bytes may wait for the artifact store at once. A larger value waits alone.
const BUDGET: usize = 32 << 20;

/// Lets encoded values wait for the store while the run goes on, but not so many that memory fills up.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    used: Mutex<usize>,
    freed: Condvar,
}

impl Budget {
    /// Waits until there is room for so many bytes: when they fit, or nothing else waits.
    pub(crate) fn acquire(&self, bytes: usize) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        while *used > 0 && used.saturating_add(bytes) > BUDGET {
            used = self.freed.wait(used).unwrap_or_else(PoisonError::into_inner);
        }
        *used = used.saturating_add(bytes);
    }

    pub(crate) fn release(&self, bytes: usize) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(bytes);
        self.freed.notify_all();
    }
}
