//! Where the body of a step is executed.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::logs::{Captured, captured};
use super::panics::{Caught, catch};
use crate::artifact::{AnyValue, Description, Digest};
use crate::graph::{
    FailureKind, Inputs, LoadedInput, StepBody, StepContext, StepDefinition, StepEvents, StepFailure,
};

/// One attempt of a step, ready to be executed.
#[derive(Debug)]
pub struct StepTask {
    pub(crate) run: Uuid,
    pub(crate) step: Uuid,
    pub(crate) node: u32,
    pub(crate) attempt: u32,
    pub(crate) definition: Arc<StepDefinition>,
    pub(crate) context: StepContext,
    pub(crate) events: Arc<dyn StepEvents>,
    pub(crate) inputs: Vec<LoadedInput>,
    pub(crate) cancel: Arc<Cancel>,
    pub(crate) runtime: Handle,
}

impl StepTask {
    /// The run.
    pub fn run(&self) -> Uuid {
        self.run
    }

    /// The step of the run.
    pub fn step(&self) -> Uuid {
        self.step
    }

    /// The node of the pipeline's graph; another process finds it by building the graph again.
    pub fn node(&self) -> u32 {
        self.node
    }

    /// 1 for the first attempt.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The step.
    pub fn definition(&self) -> &StepDefinition {
        &self.definition
    }

    /// The attempt's cancellation.
    pub fn cancel(&self) -> &Arc<Cancel> {
        &self.cancel
    }
}

/// One output an executor hands back.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProducedOutput {
    /// A value in this process's memory; the runner encodes and stores it.
    #[doc(hidden)]
    Value(AnyValue),
    /// An object that the executor has put into the artifact store already.
    Stored {
        /// Its digest.
        digest: Digest,
        /// Its bytes when they are at hand, which saves reading them.
        bytes: Option<Bytes>,
        /// Its size.
        size: u64,
        /// What is known of it for people.
        description: Description,
    },
}

/// What came of an attempt.
pub type TaskResult = Result<Vec<ProducedOutput>, StepFailure>;

/// Takes the result of an attempt that was not finished when [`Executor::execute`] returned.
pub type Done = Box<dyn FnOnce(TaskResult) + Send>;

/// Executes attempts of steps: in this process, and, for other implementations, in a process of its own or on a cluster. The runner
/// decides what runs when, computes keys, loads inputs, stores outputs and records; an executor only executes.
pub trait Executor: Send + Sync + fmt::Debug {
    /// Executes the attempt. Called in a thread that may block. Either returns the result, or returns `None` and calls `done`
    /// once, later, from any thread. When the attempt is [cancelled](Cancel), the result is no longer awaited, but
    /// `done` must still be called when the body has really ended.
    fn execute(&self, task: StepTask, done: Done) -> Option<TaskResult>;
}

/// Tells an attempt to stop: it took too long, or the run was cancelled.
#[derive(Default)]
pub struct Cancel {
    requested: Arc<AtomicBool>,
    /// Asked for before the body's future existed.
    aborted: AtomicBool,
    abort: Mutex<Option<Abort>>,
}

/// Ends what an attempt does.
pub(crate) type Abort = Box<dyn FnOnce() + Send>;

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel")
            .field("requested", &self.requested)
            .finish_non_exhaustive()
    }
}

impl Cancel {
    /// Whether the attempt is to stop.
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.requested)
    }

    pub(crate) fn request(&self) {
        self.requested.store(true, Ordering::Relaxed);
        self.abort();
    }

    /// Drops the body's future, ends a process. A synchronous body in this process goes on.
    pub(crate) fn abort(&self) {
        self.aborted.store(true, Ordering::SeqCst);
        if let Some(abort) = self.abort.lock().unwrap_or_else(PoisonError::into_inner).take() {
            abort();
        }
    }

    pub(crate) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::SeqCst)
    }

    /// How to end it.
    pub(crate) fn on_request(&self, abort: Abort) {
        *self.abort.lock().unwrap_or_else(PoisonError::into_inner) = Some(abort);
        if self.aborted.load(Ordering::SeqCst) {
            self.abort();
        }
    }
}

/// Executes steps in this process: synchronous bodies in the calling thread of the runner's pool, asynchronous ones on the
/// tokio runtime. A synchronous body can't be stopped from outside.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess;

impl Executor for InProcess {
    fn execute(&self, task: StepTask, done: Done) -> Option<TaskResult> {
        let StepTask {
            definition,
            context,
            events,
            inputs,
            cancel,
            runtime,
            ..
        } = task;
        let mut inputs = Inputs::new(inputs);
        let values = |values: Vec<crate::graph::OutputValue>| {
            values.into_iter().map(|v| ProducedOutput::Value(v.0)).collect()
        };
        match &definition.body {
            StepBody::Missing => Some(Err(StepFailure::new(
                FailureKind::Executor,
                format!("`{}` has no body", definition.path),
            ))),
            StepBody::Sync(body) => {
                let result = captured(&events, || catch(|| body(&context, &mut inputs)));
                Some(result.map(values))
            }
            StepBody::Async(body) => {
                // The future is made inside the task, so that a panic in making it is caught too.
                let body = Arc::clone(body);
                let future = Caught(Box::pin(async move { body(context, inputs).await }));
                let task = runtime.spawn(Captured {
                    events,
                    inner: Box::pin(future),
                });
                let abort = task.abort_handle();
                cancel.on_request(Box::new(move || abort.abort()));
                runtime.spawn(async move {
                    let result = match task.await {
                        Ok(result) => result.map(values),
                        Err(error) if error.is_cancelled() => {
                            Err(StepFailure::new(FailureKind::Cancelled, "it was cancelled"))
                        }
                        Err(error) => Err(StepFailure::new(FailureKind::Executor, error.to_string())),
                    };
                    done(result);
                });
                None
            }
        }
    }
}
