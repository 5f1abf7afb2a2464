//! Pauses and timeouts.

use super::*;
use crate::graph::{FailureKind, Retry, StepFailure};
use crate::runner::state::{InstanceId, Phase, Task};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;

impl RunCore {
    /// Lets an instance run again after a pause.
    pub(crate) fn resume_after(self: &Arc<Self>, instance: InstanceId, pause: Duration) {
        let core = Arc::clone(self);
        let resume = move || {
            core.state().resume(instance);
            core.pump();
        };
        if pause.is_zero() {
            resume();
            return;
        }
        self.runtime.spawn(async move {
            tokio::time::sleep(pause).await;
            resume();
        });
    }

    /// An attempt has taken longer than it may.
    pub(crate) fn timed_out(
        self: &Arc<Self>,
        task: &Task,
        timeout: Duration,
        retry: Retry,
        lingers: bool,
        started: DateTime<Utc>,
    ) {
        let failure = StepFailure::new(
            FailureKind::Timeout,
            format!("it took longer than its timeout of {timeout:?}"),
        );
        if let Some((attempt, cancel)) = lock(&self.attempts).get(&task.instance)
            && *attempt == task.attempt
        {
            cancel.request();
        }
        let again = task.attempt <= retry.max;
        let mut told = None;
        {
            let mut state = self.state();
            let instance = state.instance(task.instance);
            if instance.phase != Phase::Running || instance.attempt != task.attempt {
                return;
            }
            match (again, lingers) {
                (true, true) => state.pause(task.instance, Phase::Lingering),
                (true, false) => state.pause(task.instance, Phase::Pausing),
                (false, _) => {
                    told = self.hooked(task, state.took(task.instance));
                    state.fail(task.instance, failure.clone());
                }
            }
        }
        if !again {
            self.record_failed(task, &failure, Some(started), told);
        } else if lingers {
            self.record_retrying(task, &failure, Duration::ZERO, started);
            self.bound_lingering(task, &failure, started);
        } else {
            let pause = retry.pause(task.attempt + 1, random());
            self.record_retrying(task, &failure, pause, started);
            self.resume_after(task.instance, pause);
        }
        self.after_failure();
        self.pump();
    }

    /// A body that was given up can't run twice at once in one process; when it doesn't end, the step fails.
    pub(super) fn bound_lingering(
        self: &Arc<Self>,
        task: &Task,
        failure: &StepFailure,
        started: DateTime<Utc>,
    ) {
        let (core, task, failure) = (Arc::clone(self), task.clone(), failure.clone());
        self.runtime.spawn(async move {
            tokio::time::sleep(core.settings.grace).await;
            let message = format!(
                "{}; it was not tried again, because its body still ran {:?} later and can't be stopped",
                failure.message(),
                core.settings.grace
            );
            let failure = StepFailure::new(FailureKind::Timeout, message);
            let told = {
                let mut state = core.state();
                let instance = state.instance(task.instance);
                if instance.phase != Phase::Lingering || instance.attempt != task.attempt {
                    return;
                }
                let told = core.hooked(&task, state.took(task.instance));
                state.fail(task.instance, failure.clone());
                told
            };
            core.record_failed(&task, &failure, Some(started), told);
            core.after_failure();
            core.pump();
        });
    }
}
