//! What becomes of an attempt: completed, failed, tried again, or too late.

use super::store::Stored;
use super::*;
use crate::graph::{FailureKind, StepFailure};
use crate::metadata::{Edge, Status, StepRecord};
use crate::runner::core::{RunCore, random};
use crate::runner::events::RunEvent;
use crate::runner::executor::TaskResult;
use crate::runner::state::{Phase, Slot, Task};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

impl RunCore {
    pub(in crate::runner) fn finish_attempt(
        self: &Arc<Self>,
        task: Task,
        prepared: Prepared,
        result: TaskResult,
    ) {
        if let Some(timer) = &prepared.timer {
            timer.abort();
        }
        self.unregister(task.instance, task.attempt);
        if !self.is_current(&task) {
            return self.finished_late(&task, &prepared);
        }
        let stored = result.and_then(|outputs| self.store_outputs(&task, &prepared, outputs));
        match stored {
            Ok(stored) => self.completed(&task, prepared, stored),
            Err(failure) => self.failed(&task, &prepared, failure),
        }
    }

    pub(super) fn is_current(&self, task: &Task) -> bool {
        let mut state = self.state();
        let instance = state.instance(task.instance);
        instance.phase == Phase::Running && instance.attempt == task.attempt
    }

    /// The attempt was given up meanwhile. The next one may have waited for this end.
    pub(super) fn finished_late(self: &Arc<Self>, task: &Task, prepared: &Prepared) {
        let waited_for = {
            let mut state = self.state();
            let instance = state.instance(task.instance);
            instance.phase == Phase::Lingering && instance.attempt == task.attempt
        };
        if waited_for {
            self.resume_after(task.instance, prepared.retry.pause(task.attempt + 1, random()));
        }
    }

    pub(super) fn failed(self: &Arc<Self>, task: &Task, prepared: &Prepared, failure: StepFailure) {
        let cancelled = self.run_cancelled.load(Ordering::Relaxed);
        if failure.kind() == FailureKind::Cancelled || (cancelled && prepared.cancel.is_requested()) {
            {
                let mut state = self.state();
                let instance = state.instance(task.instance);
                if instance.phase != Phase::Running || instance.attempt != task.attempt {
                    return;
                }
                state.cancelled(task.instance);
            }
            let reason = self
                .cancel_reason()
                .unwrap_or_else(|| "the run was stopped".into());
            let failure = StepFailure::new(FailureKind::Cancelled, reason);
            let record = StepRecord {
                status: Status::Cancelled,
                attempt: task.attempt,
                started: Some(prepared.started),
                ended: Some(self.now()),
                error: Some(failure.to_string()),
                ..self.blank(task.node, &task.name, task.step)
            };
            self.record_end(task, record, &failure, None);
            return;
        }
        let again = task.attempt <= prepared.retry.max && !cancelled;
        let mut told = None;
        {
            let mut state = self.state();
            let instance = state.instance(task.instance);
            if instance.phase != Phase::Running || instance.attempt != task.attempt {
                return;
            }
            match again {
                true => state.pause(task.instance, Phase::Pausing),
                false => {
                    told = self.hooked(task, state.took(task.instance));
                    state.fail(task.instance, failure.clone());
                }
            }
        }
        if again {
            let pause = prepared.retry.pause(task.attempt + 1, random());
            self.record_retrying(task, &failure, pause, prepared.started);
            self.resume_after(task.instance, pause);
        } else {
            let record = StepRecord {
                status: Status::Failed,
                attempt: task.attempt,
                cache_key: Some(prepared.miss.key.digest),
                key_fields: prepared.miss.key.fields.clone(),
                cache_note: prepared.miss.note.clone(),
                started: Some(prepared.started),
                ended: Some(self.now()),
                error: Some(failure.to_string()),
                metadata: task
                    .said
                    .metadata
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone(),
                inputs: Self::recorded_inputs(&prepared.inputs, &prepared.parameters),
                ..self.blank(task.node, &task.name, task.step)
            };
            self.record_end(task, record, &failure, told);
            self.after_failure();
        }
    }

    pub(super) fn completed(self: &Arc<Self>, task: &Task, prepared: Prepared, stored: Stored) {
        let ended = self.now();
        let node = self.graph.get(task.node);
        let edges = node
            .outputs
            .iter()
            .zip(&stored.outputs)
            .map(|(output, held)| Edge {
                name: output.name.clone(),
                artifact: held.artifact,
                element: None,
            });
        let expires = prepared.policy.expires.and_then(|age| {
            let age = chrono::TimeDelta::from_std(age).ok()?;
            ended.checked_add_signed(age)
        });
        let record = StepRecord {
            status: Status::Completed,
            attempt: task.attempt,
            cache_key: Some(prepared.miss.key.digest),
            key_fields: prepared.miss.key.fields,
            cache_note: prepared.miss.note,
            expires,
            started: Some(prepared.started),
            ended: Some(ended),
            metadata: task
                .said
                .metadata
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            inputs: prepared.inputs,
            outputs: edges.collect(),
            ..self.blank(task.node, &task.name, task.step)
        };
        let mut changes = prepared.parameters;
        changes.extend(stored.changes);
        let slots = stored.outputs.into_iter().map(Slot::from).collect();
        let took = (ended - prepared.started).to_std().unwrap_or_default();
        {
            // Settled and recorded under one lock, so that a timeout in between can't record something else.
            let mut state = self.state();
            let instance = state.instance(task.instance);
            if instance.phase != Phase::Running || instance.attempt != task.attempt {
                drop(state);
                return;
            }
            let told = self.hooked(task, Some(took));
            self.recorder().ended(record, changes, stored.upload, told);
            state.succeed(task.instance, Status::Completed, slots);
        }
        if took > DEAR || prepared.policy.enabled == Some(false) {
            self.recorder().hurry();
        }
        self.tell(|| RunEvent::StepEnded {
            step: task.name.clone(),
            status: Status::Completed,
            took,
            error: None,
            element: task.element,
        });
    }
}
