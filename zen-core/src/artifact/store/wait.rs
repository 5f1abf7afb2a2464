//! Waiting for a store from a thread that may block.

use std::future::Future;

/// Where the work of a store's futures is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// In the calling thread. The local and in-memory stores need nothing else when that thread belongs to no tokio runtime, as the
    /// runner's threads don't, which saves two thread switches an object.
    Here,
}

impl Wait {
    pub(super) fn on<F>(self, future: F) -> F::Output
    where
        F: Future + Send,
        F::Output: Send,
    {
        match self {
            Self::Here => futures::executor::block_on(future),
        }
    }
}
