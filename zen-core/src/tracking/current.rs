//! What the tracker calls the run that goes on.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The run that goes on, as the stack's experiment tracker knows it. Steps have it as a component when their run is tracked:
/// `ctx.component::<CurrentRun>()`. (Those in processes of their own have none.)
#[derive(Debug, Default)]
pub struct CurrentRun {
    known: Mutex<Known>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Known {
    id: Option<String>,
    /// It will never be begun.
    given_up: bool,
}

impl CurrentRun {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begun(&self, id: &str) {
        self.known().id = Some(id.to_owned());
        self.changed.notify_all();
    }

    pub(crate) fn given_up(&self) {
        self.known().given_up = true;
        self.changed.notify_all();
    }

    /// Its id there, once it is begun: until then, waits at most so long. None when the tracker doesn't answer.
    pub fn id(&self, patience: Duration) -> Option<String> {
        let now = Instant::now();
        // A time that can't be told is long enough when it is a day.
        let end = now
            .checked_add(patience)
            .unwrap_or(now + Duration::from_secs(86_400));
        let mut known = self.known();
        while known.id.is_none() && !known.given_up {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(known, left);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        known.id.clone()
    }
}
