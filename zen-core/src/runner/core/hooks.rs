//! Calling the hooks of steps and of the run, and waiting for them.

use super::calls::{AT_ONCE, Open};
use super::*;
use crate::client::blocking;
use crate::graph::failure::chain;
use crate::graph::{Hook, HookEvent, HookFacts, HookedStep, Outcome};
use crate::metadata::{Change, HookRecord, Status};
use crate::runner::HookOutcome;
use crate::runner::recorder::{Recorded, Told};
use crate::runner::state::Task;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long hooks that are under way may still take when the run is cancelled.
const GRACE: Duration = Duration::from_secs(5);

impl RunCore {
    /// Lets the step's hooks be called when its end is recorded, of which the result is told. To be called before the state knows of the end,
    /// so that who waits for the end of the run waits for the hooks too. A step without hooks costs two looks.
    pub(crate) fn hooked(self: &Arc<Self>, task: &Task, took: Option<Duration>) -> Option<Told> {
        let node = self.graph.get(task.node);
        let definition = node.definition.as_ref()?;
        if definition.hooks.is_empty() && node.options.hooks.is_empty() {
            return None;
        }
        let (told, recorded) = oneshot::channel();
        let open = Open::new(self);
        let (instance, node) = (task.instance, task.node);
        let step = HookedStep {
            id: task.step,
            name: task.name.clone(),
            attempt: task.attempt,
        };
        self.runtime.spawn(async move {
            let core = &open.0;
            let Some(outcome) = core.outcome_of(recorded.await.ok()) else {
                return;
            };
            if lock(&core.hooks.called).insert((instance, outcome.as_str())) {
                core.call_for_step(node, step, outcome, took).await;
            }
        });
        Some(told)
    }

    /// What a step's hooks are called for: what its record says.
    fn outcome_of(&self, recorded: Option<Recorded>) -> Option<Outcome> {
        match recorded {
            Some(Recorded {
                status: Status::Completed,
                ..
            }) => Some(Outcome::Success),
            Some(Recorded {
                status: Status::Failed,
                error,
            }) => Some(Outcome::Failure(error.unwrap_or_default())),
            Some(_) => None,
            None => {
                let reason = self.broken().map_or_else(String::new, |broken| {
                    format!(": {}", chain(broken.error.as_ref()))
                });
                Some(Outcome::Failure(format!("it could not be recorded{reason}")))
            }
        }
    }

    async fn call_for_step(&self, node: u32, step: HookedStep, outcome: Outcome, took: Option<Duration>) {
        let node = self.graph.get(node);
        let of_step = node.definition.iter().flat_map(|step| step.hooks.of(&outcome));
        let hooks = of_step.chain(node.options.hooks.of(&outcome));
        let event = self.event(Some(step), outcome.clone(), took);
        for hook in hooks {
            let timeout = self.settings.hook_timeout;
            let place = tokio::select! {
                place = tokio::time::timeout(timeout, self.hooks.places.acquire()) => place,
                () = self.hooks.given_up() => return,
            };
            if self.hooks.are_stopping() {
                return;
            }
            match place {
                Ok(_place) => self.call(hook, &event).await,
                Err(_) => {
                    let now = self.now();
                    let error = format!(
                        "it was not called: {AT_ONCE} other hooks of the run were under way for all of {timeout:?}"
                    );
                    let outcome = HookOutcome {
                        error: Some(error),
                        started: now,
                        ended: now,
                    };
                    self.note(hook, &event, outcome).await;
                }
            }
        }
    }

    /// Calls the hooks of the run, whose status is recorded. Blocks until they have ended.
    pub(crate) fn call_for_run(self: &Arc<Self>, outcome: &Outcome) {
        let hooks = self.settings.hooks.of(outcome);
        if hooks.is_empty() {
            return;
        }
        let open = Open::new(self);
        self.runtime.block_on(async {
            let event = open.0.event(None, outcome.clone(), Some(self.took()));
            for hook in hooks {
                if self.hooks.are_stopping() {
                    return;
                }
                self.call(hook, &event).await;
            }
        });
    }

    /// Blocks until the hooks of all steps that have ended have ended too.
    pub(crate) fn wait_for_hooks(&self) {
        if self.hooks.are_open() {
            self.runtime.block_on(self.hooks.ended());
        }
    }

    fn event(&self, step: Option<HookedStep>, outcome: Outcome, took: Option<Duration>) -> HookEvent {
        HookEvent::new(HookFacts {
            pipeline: self.settings.pipeline.clone(),
            run: Some((self.settings.run, self.settings.run_name.clone())),
            step,
            slot: self.settings.slot.clone(),
            outcome,
            took,
            stack: self.stack.name().to_owned(),
            components: Arc::clone(&self.components),
        })
    }

    async fn call(&self, hook: &Hook, event: &HookEvent) {
        let started = self.now();
        let outcome = tokio::select! {
            outcome = hook.call(event.clone(), self.settings.hook_timeout) => outcome,
            () = self.hooks.given_up() => HookOutcome {
                error: Some("it was given up, because the run was cancelled or interrupted".into()),
                started,
                ended: self.now(),
            },
        };
        self.note(hook, event, outcome).await;
    }

    /// Records a call. That this fails changes nothing either.
    async fn note(&self, hook: &Hook, event: &HookEvent, outcome: HookOutcome) {
        let (name, subject) = (hook.name(), event.subject());
        if let Some(error) = &outcome.error {
            self.warn(format!(
                "hook `{name}`, called after {subject}, failed, which changes nothing else: {error}"
            ));
        }
        let record = HookRecord {
            id: crate::ids::next(),
            run: event.run_id(),
            step: event.step_id(),
            slot: None,
            hook: name.to_owned(),
            event: event.outcome().as_str().to_owned(),
            started: outcome.started,
            ended: outcome.ended,
            error: outcome.error,
        };
        let metadata = Arc::clone(self.stack.metadata());
        let recorded = blocking(move || Ok(metadata.apply(&[Change::Hook(Box::new(record))])?));
        if let Err(error) = recorded.await {
            self.warn(format!(
                "hook `{name}` was called after {subject}, but this could not be recorded: {}",
                chain(&error)
            ));
        }
    }

    fn warn(&self, message: String) {
        match &self.observer {
            Some(_) => self.tell(|| RunEvent::Warning { message }),
            None => tracing::warn!("{message}"),
        }
    }

    /// Calls no further hook, and gives those that are under way up after a while.
    pub(crate) fn stop_hooks(self: &Arc<Self>) {
        if !self.hooks.stop() {
            return;
        }
        let core = Arc::clone(self);
        self.runtime.spawn(async move {
            tokio::time::sleep(core.hook_grace()).await;
            core.hooks.give_up();
        });
    }

    /// Whether hooks are under way, perhaps as all that is left of the run.
    pub(crate) fn is_calling_hooks(&self) -> bool {
        self.hooks.are_open()
    }

    /// Cancels the run. When all its steps have ended, that can't change any more: then only the hooks under way are stopped.
    pub(crate) fn interrupt(self: &Arc<Self>, reason: &str) {
        if !self.is_finished() {
            return self.cancel(reason);
        }
        self.stop_hooks();
        self.warn(format!(
            "{reason}: waiting up to {:?} for the hooks of `{}` to end",
            self.hook_grace(),
            self.settings.pipeline
        ));
    }

    /// Whether the run, or what is left of it, was cancelled before.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.cancel_reason().is_some() || self.hooks.are_stopping()
    }

    fn hook_grace(&self) -> Duration {
        self.settings.grace.min(GRACE)
    }
}
