//! Whether somebody has asked for the run to be cancelled.

use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{RecorderEvents, Shared};

/// How often the store is asked. A run that is over sooner never asks.
const EVERY: Duration = Duration::from_secs(1);

/// Looks for a request until one was found.
pub(super) struct Requests {
    run: Uuid,
    next: Option<Instant>,
}

impl Requests {
    pub(super) fn of(run: Uuid) -> Self {
        Self {
            run,
            next: Some(Instant::now() + EVERY),
        }
    }

    /// When to look again; never once a request was found.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Looks, when it is time. A store that can't be read is asked again later: nothing is lost by it.
    pub(super) fn look(&mut self, shared: &Shared, events: &Arc<dyn RecorderEvents>) {
        if self.next.is_none_or(|next| Instant::now() < next) {
            return;
        }
        self.next = Some(Instant::now() + EVERY);
        if let Ok(Some(request)) = shared.metadata.cancel_requested(self.run) {
            self.next = None;
            events.cancel_requested(&request.by);
        }
    }
}
