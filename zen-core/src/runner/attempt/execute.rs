//! Executing the body.

use super::isolate::Isolated;
use super::*;
use crate::graph::failure::chain;
use crate::graph::{
    CachePolicy, ContextFacts, FailureKind, InputInfo, Node, NodeOutput, OutputInfo, StepBody, StepContext,
    StepDefinition, StepEvents, StepFailure,
};
use crate::metadata::{Status, StepRecord};
use crate::runner::core::RunCore;
use crate::runner::events::RunEvent;
use crate::runner::executor::{Cancel, StepTask};
use crate::runner::logs::{AttemptEvents, Listener};
use crate::runner::state::{InputFrom, Task, TaskInput};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

impl RunCore {
    pub(super) fn execute(
        self: &Arc<Self>,
        task: Task,
        definition: Arc<StepDefinition>,
        policy: CachePolicy,
        miss: Miss,
        inputs: Vec<TaskInput>,
    ) {
        let node = self.graph.get(task.node);
        let started = self.now();
        let running = StepRecord {
            status: Status::Running,
            attempt: task.attempt,
            started: Some(started),
            inputs: Vec::new(),
            ..self.blank(task.node, &task.name, task.step)
        };
        self.recorder().mark(running);
        let (attempt, element) = (task.attempt, task.element);
        self.tell(|| RunEvent::StepStarted {
            step: task.name.clone(),
            attempt,
            element,
        });
        let isolation = self.isolation(node, &definition);
        let mut loaded = Vec::new();
        let mut isolated = None;
        match isolation {
            None => match self.load(&task, &inputs, true) {
                Some(values) => loaded = values,
                None => return,
            },
            Some(isolation) => match self.to_send(&task, node, &inputs) {
                Some(inputs) => isolated = Some(Isolated { isolation, inputs }),
                None => return,
            },
        }
        let (edges, parameters) = match self.store_large_parameters(node, &inputs) {
            Ok(stored) => stored,
            Err(error) => {
                return self.fail_early(&task, StepFailure::new(FailureKind::Storage, chain(&error)));
            }
        };
        let outputs: Vec<Uuid> = node.outputs.iter().map(|_| crate::ids::next()).collect();
        let cancel = Arc::new(Cancel::default());
        let events: Arc<dyn StepEvents> = Arc::new(AttemptEvents {
            step: task.step,
            said: Arc::clone(&task.said),
            recorder: Arc::clone(self.recorder()),
            clock: Arc::clone(self.stack.clock()),
            given_up: cancel.flag(),
            run_cancelled: Arc::clone(&self.run_cancelled),
            scratch_parent: self.settings.scratch.clone(),
            scratch: Mutex::default(),
            listener: self.log_listener().map(|run| Listener {
                run,
                step: task.name.clone(),
                element: task.element,
            }),
        });
        let facts = self.facts(&task, node, &inputs, &outputs);
        self.register(task.instance, task.attempt, &cancel);
        if self.run_cancelled.load(Ordering::SeqCst) {
            // The run was stopped while this attempt was being prepared, too early for it to be among those that were told.
            cancel.abort();
        }
        let timeout = node
            .options
            .timeout
            .or(definition.timeout)
            .filter(|timeout| *timeout < LONGEST_TIMEOUT);
        let retry = node.options.retry.or(definition.retry).unwrap_or_default();
        let lingers = matches!(definition.body, StepBody::Sync(_)) && isolated.is_none();
        let timer = timeout.map(|timeout| {
            let (core, task) = (Arc::clone(self), task.clone());
            let timer = self.runtime.spawn(async move {
                tokio::time::sleep(timeout).await;
                core.timed_out(&task, timeout, retry, lingers, started);
            });
            timer.abort_handle()
        });
        let prepared = Prepared {
            miss,
            policy,
            retry,
            inputs: edges,
            parameters,
            outputs,
            started,
            cancel: Arc::clone(&cancel),
            timer,
            _events: Arc::clone(&events),
        };
        if let Some(isolated) = isolated {
            return self.execute_isolated(task, prepared, isolated, facts, events, &inputs);
        }
        let context = StepContext::new(facts, Arc::clone(&events));
        let step = StepTask {
            run: self.settings.run,
            step: task.step,
            node: task.node,
            attempt: task.attempt,
            definition,
            context,
            events,
            inputs: loaded,
            cancel,
            runtime: self.runtime.clone(),
        };
        // For a body that ends later, everything needed then waits here; for one that ends now, it is taken back.
        let later = Arc::new(Mutex::new(Some((task, prepared))));
        let take = |later: &Mutex<Option<(Task, Prepared)>>| {
            later.lock().unwrap_or_else(PoisonError::into_inner).take()
        };
        let (core, waiting) = (Arc::clone(self), Arc::clone(&later));
        let done = Box::new(move |result| {
            if let Some((task, prepared)) = take(&waiting) {
                core.deliver(task, prepared, result);
            }
        });
        if let Some(result) = self.executor.execute(step, done)
            && let Some((task, prepared)) = take(&later)
        {
            self.finish_attempt(task, prepared, result);
        }
    }

    pub(super) fn facts(
        &self,
        task: &Task,
        node: &Node,
        inputs: &[TaskInput],
        outputs: &[Uuid],
    ) -> ContextFacts {
        let input = |input: &TaskInput| match &input.from {
            InputFrom::Slot { slot, .. } => Some(InputInfo {
                name: input.name.clone(),
                artifact: slot.held.name.clone(),
                id: slot.artifact,
                version: slot.held.version,
                uri: slot.held.uri.clone(),
                element: slot.artifact_element,
            }),
            InputFrom::Value(_) => None,
        };
        let output = |(output, id): (&NodeOutput, &Uuid)| OutputInfo {
            name: output.name.clone(),
            artifact: self.artifact_name(node, output),
            id: *id,
            uri: self.stack.artifacts().url().to_owned(),
        };
        ContextFacts {
            pipeline: self.settings.pipeline.clone(),
            run: self.settings.run,
            run_name: self.settings.run_name.clone(),
            step: task.step,
            step_name: task.name.clone(),
            attempt: task.attempt,
            inputs: inputs.iter().filter_map(input).collect(),
            outputs: node.outputs.iter().zip(outputs).map(output).collect(),
            stack: self.stack.name().to_owned(),
            slot: self.settings.slot.clone(),
            components: Arc::clone(&self.components),
        }
    }
}
