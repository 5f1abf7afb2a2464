//! Predicting for many requests at once.

mod guard;
mod pool;
mod queue;
mod watch;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zen_core::serving::{Batch, PredictError, ServedModel};

use self::pool::Pool;
use super::{Metrics, NativeOptions, Refusal};

pub(super) use self::guard::guarded;

/// A model at work: it predicts for all connections and protocols of a server. Cloning it is cheap, and the clones are the same engine.
///
/// A model runs in threads of its own ([`NativeOptions::model_threads`]), which take the rows of all requests that wait, or, when it says
/// that it is [inline](ServedModel::inline), in the task that asks. A model that panics harms no request but those of its batch; one
/// that hangs keeps its thread, whose place another thread takes, up to four for each of the `model_threads`. After that, the engine
/// is no longer ready.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    version: String,
    model: Arc<dyn ServedModel>,
    metrics: Metrics,
    /// None: predicted inline.
    pool: Option<Pool>,
    draining: AtomicBool,
}

impl Engine {
    /// Starts the threads of this model. Of the options, it takes those about batches, the queue, the threads and the timeout.
    ///
    /// The model is not warmed up by it: see [`warm_up`](Self::warm_up). When the system lets no thread start, the engine isn't
    /// [ready](Self::is_ready), and tries again.
    pub fn new(
        name: String,
        version: String,
        model: Arc<dyn ServedModel>,
        options: &NativeOptions,
        metrics: Metrics,
    ) -> Self {
        let pool = (!model.inline()).then(|| Pool::start(Arc::clone(&model), options, metrics.clone()));
        let inner = Inner {
            name,
            version,
            model,
            metrics,
            pool,
            draining: AtomicBool::new(false),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The model's name in routes and metrics.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The model's version in routes and metrics.
    pub fn version(&self) -> &str {
        &self.inner.version
    }

    /// The model.
    pub fn model(&self) -> &Arc<dyn ServedModel> {
        &self.inner.model
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// Whether clients should send requests: the server isn't stopping, and the model isn't stuck.
    pub fn is_ready(&self) -> bool {
        !self.inner.draining.load(Ordering::Relaxed) && self.inner.pool.as_ref().is_none_or(Pool::is_ready)
    }

    /// The server is stopping: the engine isn't ready any more, but goes on predicting.
    pub(super) fn drain(&self) {
        self.inner.draining.store(true, Ordering::Relaxed);
    }

    /// Makes the model ready, in this thread, and catches its panics. Call it once before the first request.
    ///
    /// # Errors
    /// When the model doesn't work.
    pub fn warm_up(&self) -> Result<(), PredictError> {
        match guarded(|| self.inner.model.warm_up()) {
            Ok(result) => result,
            Err(panicked) => Err(PredictError::model(panicked)),
        }
    }

    /// Predicts a batch, perhaps together with others. When the future is dropped before it began, it is not predicted.
    ///
    /// # Errors
    /// - [`Refusal::Input`] when the model says that the rows are at fault;
    /// - [`Refusal::Model`] when the model fails or panics;
    /// - [`Refusal::Busy`] when the queue is full;
    /// - [`Refusal::Timeout`] when it takes longer than [`NativeOptions::request_timeout`];
    /// - [`Refusal::NotReady`] when too many threads are stuck.
    pub async fn predict(&self, batch: Batch) -> Result<Batch, Refusal> {
        match &self.inner.pool {
            Some(pool) => pool.predict(batch).await,
            None => self.predict_here(batch),
        }
    }

    fn predict_here(&self, batch: Batch) -> Result<Batch, Refusal> {
        self.inner.metrics.batch(batch.rows());
        let mut results = guarded(|| self.inner.model.predict(vec![batch]))?;
        match (results.pop(), results.is_empty()) {
            (Some(result), true) => Ok(result?),
            (_, _) => Err(Refusal::Model(
                "the model didn't give one result for one batch".into(),
            )),
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("name", &self.inner.name)
            .field("version", &self.inner.version)
            .finish_non_exhaustive()
    }
}
