//! Stopping a run.

use super::*;
use crate::graph::{FailureKind, StepFailure};
use crate::metadata::{Change, Status, StepRecord, cut};
use crate::runner::FailurePolicy;
use crate::runner::events::RunEvent;
use crate::runner::executor::Cancel;
use crate::runner::state::{InstanceId, Phase};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long a program that ends at once waits for the experiment tracker.
const TRACKED: Duration = Duration::from_secs(1);

impl RunCore {
    /// Remembers how to stop an attempt. An attempt that begins after the run was cancelled is stopped at once.
    pub(crate) fn register(&self, instance: InstanceId, attempt: u32, cancel: &Arc<Cancel>) {
        lock(&self.attempts).insert(instance, (attempt, Arc::clone(cancel)));
    }

    pub(crate) fn unregister(&self, instance: InstanceId, attempt: u32) {
        let mut attempts = lock(&self.attempts);
        if attempts
            .get(&instance)
            .is_some_and(|(current, _)| *current == attempt)
        {
            attempts.remove(&instance);
        }
    }

    /// Cancels the run. When all its steps have ended, how it ended can't change any more: then only the hooks under way are stopped.
    pub(crate) fn cancel(self: &Arc<Self>, reason: &str) {
        if self.is_finished() {
            return self.stop_hooks();
        }
        let reason = &cut(reason.to_owned());
        lock(&self.cancel_reason).get_or_insert_with(|| reason.clone());
        self.stop_hooks();
        self.stop(Status::Cancelled, reason.clone());
        let running: Vec<String> = {
            let state = self.state();
            state
                .under_way()
                .into_iter()
                .map(|id| format!("`{}`", state.name(id)))
                .collect()
        };
        if !running.is_empty() {
            self.tell(|| RunEvent::Warning {
                message: format!(
                    "{reason}: waiting up to {:?} for {} to end",
                    self.settings.grace,
                    running.join(", ")
                ),
            });
        }
    }

    /// Gives up what runs and records the end, for a program that ends at once.
    pub(crate) fn abandon(self: &Arc<Self>, reason: &str) {
        let running = self.state().under_way();
        for instance in running {
            self.give_up(instance);
        }
        // Where only hooks were left, the run has ended as its steps did.
        let (status, error) = match (self.cancel_reason(), self.is_finished()) {
            (None, true) => match self.state().first_failure.clone() {
                None => (Status::Completed, None),
                Some((step, failure)) => (Status::Failed, Some(format!("step `{step}` failed: {failure}"))),
            },
            _ => (Status::Cancelled, Some(reason.to_owned())),
        };
        let ended = self.now();
        self.recorder().change(Change::RunEnded {
            run: self.settings.run,
            status,
            error,
            ended,
        });
        // Best effort: the next start settles what could not be written.
        let _ = self.recorder().flush();
        if let Some(tracking) = self.tracking() {
            tracking.end_within(TRACKED, status, ended);
            tracking.wait();
        }
    }

    /// Starts nothing more and stops what runs: asynchronous bodies at once, synchronous ones are asked to, and given up after the
    /// grace period.
    pub(crate) fn stop(self: &Arc<Self>, status: Status, reason: String) {
        self.state().stop(status, reason);
        self.stop_attempts();
        self.after_change();
    }

    /// Stops what runs after the state said that nothing more starts.
    pub(crate) fn stop_attempts(self: &Arc<Self>) {
        if self.run_cancelled.swap(true, Ordering::SeqCst) {
            return;
        }
        for (_, cancel) in lock(&self.attempts).values() {
            cancel.abort();
        }
        let pausing: Vec<_> = {
            let mut state = self.state();
            let under_way = state.under_way();
            under_way
                .into_iter()
                .filter(|id| state.instance(*id).phase != Phase::Running)
                .collect()
        };
        for instance in pausing {
            self.give_up(instance);
        }
        let core = Arc::clone(self);
        self.runtime.spawn(async move {
            tokio::time::sleep(core.settings.grace).await;
            let running = core.state().under_way();
            for instance in running {
                core.give_up(instance);
            }
            core.after_change();
        });
    }

    /// Ends an attempt as cancelled, whatever its body still does.
    pub(super) fn give_up(self: &Arc<Self>, instance: InstanceId) {
        if let Some((_, cancel)) = lock(&self.attempts).remove(&instance) {
            cancel.request();
        }
        let (node, name, step, attempt, took, element) = {
            let mut state = self.state();
            let name = state.name(instance);
            let element = state.within_element(instance);
            let known = state.instance(instance);
            if matches!(known.phase, Phase::Ended(_)) {
                return;
            }
            let took = known.started.map(|started| started.elapsed()).unwrap_or_default();
            let facts = (known.node, name, known.step, known.attempt, took, element);
            state.cancelled(instance);
            facts
        };
        let reason = self
            .cancel_reason()
            .unwrap_or_else(|| "the run was stopped".into());
        let record = StepRecord {
            status: Status::Cancelled,
            attempt,
            ended: Some(self.now()),
            error: Some(reason.clone()),
            ..self.blank(node, &name, step)
        };
        self.recorder().ended(record, Vec::new(), None, None);
        self.tell(|| RunEvent::StepEnded {
            step: name,
            status: Status::Cancelled,
            took,
            error: Some(reason),
            element,
        });
    }

    pub(super) fn not_stored(self: &Arc<Self>, step: &str, error: String) {
        let stop = {
            let mut state = self.state();
            if state.first_failure.is_none() {
                state.first_failure = Some((step.to_owned(), StepFailure::new(FailureKind::Storage, error)));
            }
            self.settings.failure == FailurePolicy::FailFast
        };
        if stop {
            self.stop(
                Status::Skipped,
                format!("not run because the outputs of `{step}` could not be stored"),
            );
        }
    }

    /// After the state knows of a failure: stops the rest when the policy says so.
    pub(crate) fn after_failure(self: &Arc<Self>) {
        let stopping = self.state().stopping.is_some();
        if stopping {
            self.stop_attempts();
        }
        self.after_change();
    }
}
