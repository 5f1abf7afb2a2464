//! What the scheduler does, for whoever shows it.

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zen_core::schedule::{SchedulerEvent, SchedulerObserver};

/// Passes events on. An observer must not block, and what is shown of a slot is read from the store.
#[derive(Debug)]
pub(crate) struct Forward(UnboundedSender<SchedulerEvent>);

impl Forward {
    /// The observer and what it hears of, which ends with the scheduler.
    pub(crate) fn new() -> (Arc<Self>, UnboundedReceiver<SchedulerEvent>) {
        let (sender, receiver) = unbounded_channel();
        (Arc::new(Self(sender)), receiver)
    }
}

impl SchedulerObserver for Forward {
    fn event(&self, event: &SchedulerEvent) {
        // Nobody listens any more when the program is about to end with an error.
        let _ = self.0.send(event.clone());
    }
}
