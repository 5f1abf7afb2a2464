//! Runs: under way and ended.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use uuid::Uuid;

use super::RunError;
use super::core::RunCore;
use super::events::RunEvent;
use super::pool;
use super::state::Slot;
use crate::client::{ClientError, RunView, blocking};
use crate::graph::failure::chain;
use crate::graph::{Outcome, OutputLoader, PipelineOutput};
use crate::metadata::{Change, Status};
use crate::stack::{Stack, program};

/// A run that ended well, with typed access to the pipeline's outputs. Everything a [`RunView`] tells, it tells too.
#[derive(Debug)]
pub struct Run<O> {
    view: RunView,
    outputs: Vec<Slot>,
    _output: PhantomData<fn() -> O>,
}

impl<O> Deref for Run<O> {
    type Target = RunView;

    fn deref(&self) -> &RunView {
        &self.view
    }
}

impl<O: PipelineOutput> Run<O> {
    /// The pipeline's outputs: an `Arc` of the value for one handle, a tuple for several, the struct itself for a struct that
    /// derives `Outputs`.
    ///
    /// # Errors
    /// When a stored output can't be read.
    pub async fn output(&self) -> Result<O::Value, ClientError>
    where
        O::Value: Send + 'static,
    {
        let (outputs, stack) = (self.outputs.clone(), self.view.stack.clone());
        blocking(move || {
            let values: Result<Vec<_>, _> =
                outputs.iter().map(|slot| slot.held.load(&stack, false)).collect();
            Ok(O::load(&mut OutputLoader::new(values?))?)
        })
        .await
    }
}

/// A run under way. Dropping it cancels the run.
#[derive(Debug)]
pub struct RunHandle<O> {
    core: Arc<RunCore>,
    stack: Stack,
    ended: bool,
    _output: PhantomData<fn() -> O>,
}

impl<O> RunHandle<O> {
    pub(crate) fn new(core: Arc<RunCore>, stack: Stack) -> Self {
        Self {
            core,
            stack,
            ended: false,
            _output: PhantomData,
        }
    }

    /// The run's id.
    pub fn id(&self) -> Uuid {
        self.core.settings.run
    }

    /// Stops the run: nothing more starts, asynchronous steps are dropped, synchronous ones see
    /// [`is_cancelled`](crate::graph::StepContext::is_cancelled) and are given up after the grace period.
    pub fn cancel(&self) {
        self.core.cancel("cancelled by the program");
    }

    /// What cancels the run, for whoever doesn't wait for it.
    pub(crate) fn canceller(&self) -> impl Fn(&str) + Send + Sync + 'static {
        let core = Arc::downgrade(&self.core);
        move |reason| {
            if let Some(core) = core.upgrade() {
                core.cancel(reason);
            }
        }
    }

    /// Waits for the end: until every step has ended, everything it made is stored, and the run's status is written.
    ///
    /// # Errors
    /// When a step failed, the run was cancelled, or it could not be recorded.
    pub async fn wait(mut self) -> Result<Run<O>, RunError> {
        self.core.wait().await;
        self.ended = true;
        let (core, stack) = (Arc::clone(&self.core), self.stack.clone());
        let (report, reported) = tokio::sync::oneshot::channel();
        let finish = move || {
            // The receiver is gone only when nobody waits any more.
            let _ = report.send(finish(&core, &stack));
        };
        pool::spawn(finish).map_err(|error| RunError::Runtime(error.to_string()))?;
        let view = reported
            .await
            .map_err(|_| RunError::Runtime("the thread that ended the run died".into()))??;
        let outputs: Option<Vec<Slot>> = self.core.outputs().into_iter().collect();
        Ok(Run {
            view,
            outputs: outputs.unwrap_or_default(),
            _output: PhantomData,
        })
    }
}

impl<O> Drop for RunHandle<O> {
    fn drop(&mut self) {
        if !self.ended {
            self.core.cancel("nobody waits for it any more");
            let (core, stack) = (Arc::clone(&self.core), self.stack.clone());
            let runtime = self.core.runtime.clone();
            runtime.spawn(async move {
                core.wait().await;
                // The outcome is recorded; there is nobody to tell it to.
                let _ = pool::spawn(move || drop(finish(&core, &stack)));
            });
        }
    }
}

/// Records how the run ended, after all it made is stored.
fn finish(core: &Arc<RunCore>, stack: &Stack) -> Result<RunView, RunError> {
    let settings = &core.settings;
    let (pipeline, run) = (settings.pipeline.clone(), settings.run);
    let recorder = core.recorder();
    // Outputs that can't be stored turn a success into a failure: known only when the queue is empty.
    let flushed = recorder.flush();
    core.wait_for_hooks();
    let not_recorded = |source| RunError::NotRecorded {
        pipeline: pipeline.clone(),
        run,
        step: core.broken().and_then(|broken| broken.step),
        source,
    };
    let broken = || core.broken().map(|broken| broken.error);
    let error = match (
        flushed.err().or_else(broken),
        core.cancel_reason(),
        core.state().first_failure.clone(),
    ) {
        (Some(source), _, _) => Some(not_recorded(source)),
        (None, Some(reason), _) => Some(RunError::Cancelled {
            pipeline: pipeline.clone(),
            run,
            reason,
        }),
        (None, None, Some((step, failure))) => Some(RunError::StepFailed {
            pipeline: pipeline.clone(),
            run,
            step,
            failure,
        }),
        (None, None, None) => None,
    };
    let status = match &error {
        None => Status::Completed,
        Some(RunError::Cancelled { .. }) => Status::Cancelled,
        Some(_) => Status::Failed,
    };
    let programs = stack.home().map(|home| home.join("cache").join("programs"));
    recorder.change(Change::RunProgram {
        run,
        program: program(programs.as_deref()),
    });
    let text = error.as_ref().map(|error| match error {
        RunError::Cancelled { reason, .. } => reason.clone(),
        RunError::StepFailed { step, failure, .. } => format!("step `{step}` failed: {failure}"),
        error => chain(error),
    });
    let ended = core.now();
    recorder.change(Change::RunEnded {
        run,
        status,
        error: text.clone(),
        ended,
    });
    let closed = recorder.close();
    if let Some(source) = core.broken().map(|broken| broken.error) {
        // What made it fail may be over. Otherwise the run is settled when this process has ended.
        let _ = stack.metadata().apply(&[Change::RunDied {
            run,
            error: chain(&not_recorded(source)),
            noticed: core.now(),
        }]);
    }
    // Told before the hooks are called, and waited for after them: neither keeps the other waiting.
    if let Some(tracking) = core.tracking() {
        let is_recorded = closed.is_ok() && core.broken().is_none();
        tracking.end(if is_recorded { status } else { Status::Failed }, ended);
    }
    if status != Status::Cancelled {
        let lost = closed
            .as_ref()
            .err()
            .map(|source| chain(&not_recorded(Arc::clone(source))));
        core.call_for_run(&text.or(lost).map_or(Outcome::Success, Outcome::Failure));
    }
    if let Some(tracking) = core.tracking() {
        tracking.wait();
    }
    core.tell(|| RunEvent::RunEnded {
        pipeline: settings.pipeline.clone(),
        run,
        status,
        took: core.took(),
        steps: core
            .state()
            .counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .copied()
            .collect(),
    });
    match (error, closed) {
        (Some(error), _) => Err(error),
        (None, Err(source)) => Err(not_recorded(source)),
        (None, Ok(())) => match stack.metadata().run(run)? {
            Some(record) => Ok(RunView::new(stack.clone(), record)),
            None => Err(ClientError::NoRun(run).into()),
        },
    }
}
