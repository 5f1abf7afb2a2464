//! What a hook is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::graph::Component;
use crate::graph::secrets::secret_of;
use crate::metadata::RunSlot;
use crate::secrets::{Secret, SecretError};

/// How the step or the run ended that a hook is called for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A step was executed and completed, or a run completed.
    Success,
    /// A step or a run failed for good: with this error.
    Failure(String),
}

impl Outcome {
    /// `success` or `failure`, as recorded.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::Failure(_) => "failure",
        }
    }
}

/// As a hook's event tells of it: `completed`, or `failed: ..`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Success => f.write_str("completed"),
            Outcome::Failure(error) => write!(f, "failed: {error}"),
        }
    }
}

/// The step a hook is called for.
#[derive(Debug, Clone)]
pub(crate) struct HookedStep {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) attempt: u32,
}

/// The facts a [`HookEvent`] holds.
#[derive(Debug, Clone)]
pub(crate) struct HookFacts {
    pub(crate) pipeline: String,
    /// The run's id and name; none for a slot that led to no run.
    pub(crate) run: Option<(Uuid, String)>,
    pub(crate) step: Option<HookedStep>,
    pub(crate) slot: Option<RunSlot>,
    pub(crate) outcome: Outcome,
    pub(crate) took: Option<Duration>,
    pub(crate) stack: String,
    pub(crate) components: Arc<Vec<Component>>,
}

/// What has happened: the only argument of a [hook](super::Hook).
///
/// When a hook is called, what it is told is recorded already: its error is the recorded one, and a [`Client`](crate::client::Client) of the
/// run's stack, which is among the [components](Self::component), finds the step and its outputs.
///
/// ```
/// use zen_core::graph::Outcome;
/// use zen_core::prelude::*;
///
/// async fn notify(event: HookEvent) -> Result<()> {
///     if let Some(error) = event.error() {
///         println!("{}: {error}", event.step().unwrap_or(event.pipeline()));
///     }
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// // A hook is a function, and a unit test calls it.
/// notify(HookEvent::for_test(Outcome::Failure("no data".into())).with_step("trainer", 3)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct HookEvent {
    facts: Arc<HookFacts>,
}

impl HookEvent {
    pub(crate) fn new(facts: HookFacts) -> Self {
        Self {
            facts: Arc::new(facts),
        }
    }

    /// An event for calling a hook in a unit test: that of a run called `test` of a pipeline `test`, on no stack.
    pub fn for_test(outcome: Outcome) -> Self {
        Self::new(HookFacts {
            pipeline: "test".into(),
            run: Some((Uuid::now_v7(), "test".into())),
            step: None,
            slot: None,
            outcome,
            took: Some(Duration::ZERO),
            stack: "test".into(),
            components: Arc::default(),
        })
    }

    /// For a unit test: the event of a step of this name, after so many attempts.
    #[must_use]
    pub fn with_step(mut self, name: impl Into<String>, attempts: u32) -> Self {
        let step = HookedStep {
            id: Uuid::now_v7(),
            name: name.into(),
            attempt: attempts,
        };
        Arc::make_mut(&mut self.facts).step = Some(step);
        self
    }

    /// For a unit test: the event of a run for this slot of a schedule.
    #[must_use]
    pub fn with_slot(mut self, slot: RunSlot) -> Self {
        Arc::make_mut(&mut self.facts).slot = Some(slot);
        self
    }

    /// For a unit test: an event with this component of a stack.
    #[must_use]
    pub fn with_component(mut self, component: Component) -> Self {
        let facts = Arc::make_mut(&mut self.facts);
        Arc::make_mut(&mut facts.components).push(component);
        self
    }

    /// How it ended.
    pub fn outcome(&self) -> &Outcome {
        &self.facts.outcome
    }

    /// Why it failed, with the chain of causes; none after success.
    pub fn error(&self) -> Option<&str> {
        match &self.facts.outcome {
            Outcome::Success => None,
            Outcome::Failure(error) => Some(error),
        }
    }

    /// The pipeline's name.
    pub fn pipeline(&self) -> &str {
        &self.facts.pipeline
    }

    /// The run's id. A schedule's hook is also called when no run could be started: then there is none.
    pub fn run_id(&self) -> Option<Uuid> {
        self.facts.run.as_ref().map(|(id, _)| *id)
    }

    /// The run's name.
    pub fn run_name(&self) -> Option<&str> {
        self.facts.run.as_ref().map(|(_, name)| name.as_str())
    }

    /// The step's name in the run (`trainer`, `trainer_2`, `score[3]`); none for the hook of a pipeline or a schedule.
    pub fn step(&self) -> Option<&str> {
        self.facts.step.as_ref().map(|step| step.name.as_str())
    }

    /// The id of the step of the run; none for the hook of a pipeline or a schedule.
    pub fn step_id(&self) -> Option<Uuid> {
        self.facts.step.as_ref().map(|step| step.id)
    }

    /// Which attempt of the step was the last one, from 1; none for the hook of a pipeline or a schedule.
    pub fn attempt(&self) -> Option<u32> {
        self.facts.step.as_ref().map(|step| step.attempt)
    }

    /// How long the step's last attempt, or the run, took; none when it ended before it began.
    pub fn took(&self) -> Option<Duration> {
        self.facts.took
    }

    /// For which slot of a schedule the run is; none for one that no schedule started.
    pub fn slot(&self) -> Option<&RunSlot> {
        self.facts.slot.as_ref()
    }

    /// The name of the stack the run uses.
    pub fn stack(&self) -> &str {
        &self.facts.stack
    }

    /// The stack's components.
    pub fn components(&self) -> &[Component] {
        &self.facts.components
    }

    /// The stack's first component of this type; the stack itself is one: `event.component::<Stack>()`.
    pub fn component<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.facts.components.iter().find_map(Component::value)
    }

    /// A secret of the stack, by `name.key`: from the environment (`ZEN_SECRET_<NAME>__<KEY>`), else from the stack's
    /// [store](crate::secrets::SecretsStore). It is redacted in all that zen records and prints from then on.
    ///
    /// # Errors
    /// When there is no such secret, or the store can't be read.
    pub fn secret(&self, reference: &str) -> Result<Secret, SecretError> {
        secret_of(&self.facts.components, reference)
    }

    /// What it is about, for messages: step `trainer`, pipeline `training`.
    pub(crate) fn subject(&self) -> String {
        match (&self.facts.step, &self.facts.slot, &self.facts.run) {
            (Some(step), ..) => format!("step `{}`", step.name),
            (None, Some(slot), None) => format!("schedule `{}`", slot.name),
            _ => format!("pipeline `{}`", self.facts.pipeline),
        }
    }
}

/// In one line: ``step `trainer` failed: no data``.
impl fmt::Display for HookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject(), self.facts.outcome)
    }
}
