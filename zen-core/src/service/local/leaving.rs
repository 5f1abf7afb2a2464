//! That a version that is to end has stopped accepting connections.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a process knows of it. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Left(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    /// The service says when it accepts no more.
    says: bool,
    left: bool,
}

impl Left {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service will say it.
    pub(super) fn expect(&self) -> Leaving {
        self.state().says = true;
        Leaving(self.clone())
    }

    /// Waits until the service accepts no more, if it says so, but not for ever: its tasks may hang.
    pub(super) fn wait(&self, patience: Duration) {
        let end = Instant::now() + patience;
        let mut state = self.state();
        while state.says && !state.left {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.0.1.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Says, when it is dropped, that the service accepts no more connections: whoever replaces it waits for that, so that every connection that is
/// opened after the update gets the new version.
pub struct Leaving(Left);

impl fmt::Debug for Leaving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Leaving")
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.state().left = true;
        self.0.0.1.notify_all();
    }
}
