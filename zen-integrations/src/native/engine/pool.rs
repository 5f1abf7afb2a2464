//! The threads of a model.

use std::sync::Arc;

use zen_core::serving::{Batch, ServedModel};

use super::queue::Shared;
use super::{watch, worker};
use crate::native::{Metrics, NativeOptions, Refusal};

/// The threads of a model; dropped, they end.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

impl Pool {
    pub(super) fn start(model: Arc<dyn ServedModel>, options: &NativeOptions, metrics: Metrics) -> Self {
        let shared = Arc::new(Shared::new(model, options, metrics));
        worker::start(&shared, &mut shared.lock());
        if let Some(timeout) = shared.timeout {
            let watched = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name("zen-model-watch".into());
            if let Err(error) = thread.spawn(move || watch::watch(&watched, timeout)) {
                tracing::error!(%error, "the thread that watches over the model can't be started: a model that hangs won't be noticed");
            }
        }
        Self { shared }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.shared.lock().live > 0
    }

    pub(super) async fn predict(&self, batch: Batch) -> Result<Batch, Refusal> {
        let answer = self.shared.push(batch)?;
        let answered = match self.shared.timeout {
            None => answer.await,
            Some(timeout) => match tokio::time::timeout(timeout, answer).await {
                Ok(answered) => answered,
                Err(_) => return Err(Refusal::Timeout(timeout)),
            },
        };
        // Without an answer only when the thread itself died.
        answered.unwrap_or_else(|_| {
            Err(Refusal::Model(
                "the model's thread ended without an answer".into(),
            ))
        })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.close();
    }
}
