//! What a step may know and say while it runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Component;
use crate::artifact::short_json_view;
use crate::metadata::{LONGEST_NAME, RunSlot};
use crate::metric::MetricValue;

/// An artifact that a step reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputInfo {
    /// The argument's name.
    pub name: String,
    /// The artifact's name.
    pub artifact: String,
    /// The artifact version's id.
    pub id: Uuid,
    /// The version's number; none while the store hasn't assigned one, for artifacts made moments ago in the same run.
    pub version: Option<u32>,
    /// Where its bytes are.
    pub uri: String,
    /// For a step inside `each`: which element of that artifact it reads.
    pub element: Option<usize>,
}

/// An artifact that a step will make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutputInfo {
    /// The output's name.
    pub name: String,
    /// The artifact's name; the store assigns the version's number when the step has ended.
    pub artifact: String,
    /// The id the artifact version will have.
    pub id: Uuid,
    /// The folder or URL of the artifact store it goes to. The object's own name is the digest of its content.
    pub uri: String,
}

/// The facts a [`StepContext`] holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ContextFacts {
    pub(crate) pipeline: String,
    pub(crate) run: Uuid,
    pub(crate) run_name: String,
    pub(crate) step: Uuid,
    pub(crate) step_name: String,
    pub(crate) attempt: u32,
    pub(crate) inputs: Vec<InputInfo>,
    pub(crate) outputs: Vec<OutputInfo>,
    pub(crate) stack: String,
    pub(crate) slot: Option<RunSlot>,
    #[serde(skip)]
    pub(crate) components: Arc<Vec<Component>>,
}

/// Where what a step says goes to.
pub(crate) trait StepEvents: Send + Sync + fmt::Debug {
    fn log(&self, level: tracing::Level, target: &str, message: String);
    fn metric(&self, name: &str, value: f64, position: Option<u64>, higher_is_better: Option<bool>);
    fn metadata(&self, key: &str, value: Value);
    fn flush(&self) -> Result<(), String>;
    fn is_cancelled(&self) -> bool;
    /// Makes the scratch folder if need be.
    fn scratch(&self) -> std::io::Result<PathBuf>;
}

/// What a step said could not be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The attempt has ended (timeout or cancellation): nothing it says counts any more.
    #[error(
        "step `{step}` attempt {attempt} has been given up (timeout or cancellation): what it says is not recorded"
    )]
    Ended {
        /// The step.
        step: String,
        /// The attempt.
        attempt: u32,
    },
    /// What the run has recorded can't be stored.
    #[error("step `{step}`: what the run has recorded can't be stored: {reason}")]
    NotStored {
        /// The step.
        step: String,
        /// Why not.
        reason: String,
    },
    /// The name is empty.
    #[error("step `{step}`: a {what} needs a name")]
    NoName {
        /// The step.
        step: String,
        /// What was to be recorded.
        what: &'static str,
    },
    /// The name is too long for one.
    #[error("step `{step}`: the name of a {what} has {bytes} bytes, at most 255 are allowed")]
    LongName {
        /// The step.
        step: String,
        /// What was to be recorded.
        what: &'static str,
        /// The name's length.
        bytes: usize,
    },
    /// The value is too large to be looked through.
    #[error(
        "step `{step}`: the metadata entry `{key}` is longer than 16 KiB as JSON: metadata is for facts, return \
         a large value as an output of the step"
    )]
    LargeValue {
        /// The step.
        step: String,
        /// The entry's key.
        key: String,
    },
}

/// What a step may know and say while it runs: take it as an argument of type `&StepContext`, which a call in a pipeline
/// leaves out.
///
/// ```
/// use zen_core::prelude::*;
///
/// #[step]
/// fn evaluate(ctx: &StepContext, predictions: &[u8], truth: &[u8]) -> Result<Accuracy> {
///     let right = predictions.iter().zip(truth).filter(|(p, t)| p == t).count();
///     let accuracy = Accuracy(right as f64 / truth.len() as f64);
///     ctx.log(format!("{right} of {} are right", truth.len()));
///     ctx.log_metric("val_accuracy", accuracy)?;
///     Ok(accuracy)
/// }
///
/// let accuracy = evaluate(&StepContext::for_test(), &[1, 2], &[1, 3])?;
/// assert_eq!(accuracy, Accuracy(0.5));
/// # Ok::<(), BoxError>(())
/// ```
#[derive(Debug, Clone)]
pub struct StepContext {
    facts: Arc<ContextFacts>,
    events: Arc<dyn StepEvents>,
}

impl StepContext {
    pub(crate) fn new(facts: ContextFacts, events: Arc<dyn StepEvents>) -> Self {
        Self {
            facts: Arc::new(facts),
            events,
        }
    }

    /// A context for calling a step's function in a unit test. What the step says is kept nowhere; see
    /// [`recording`](Self::recording).
    pub fn for_test() -> Self {
        Self::recording().0
    }

    /// A context for a unit test, and what the step will have said.
    pub fn recording() -> (Self, Arc<Recording>) {
        let recording = Arc::new(Recording::default());
        let facts = ContextFacts {
            pipeline: "test".into(),
            run: Uuid::now_v7(),
            run_name: "test".into(),
            step: Uuid::now_v7(),
            step_name: "test".into(),
            attempt: 1,
            stack: "test".into(),
            ..ContextFacts::default()
        };
        (
            Self::new(facts, Arc::clone(&recording) as Arc<dyn StepEvents>),
            recording,
        )
    }

    /// The pipeline's name.
    pub fn pipeline(&self) -> &str {
        &self.facts.pipeline
    }

    /// The run's id.
    pub fn run_id(&self) -> Uuid {
        self.facts.run
    }

    /// The run's name.
    pub fn run_name(&self) -> &str {
        &self.facts.run_name
    }

    /// The id of this step of this run.
    pub fn step_id(&self) -> Uuid {
        self.facts.step
    }

    /// The step's name in the run: `trainer`, `trainer_2`, `score[3]`.
    pub fn step_name(&self) -> &str {
        &self.facts.step_name
    }

    /// 1 for the first attempt.
    pub fn attempt(&self) -> u32 {
        self.facts.attempt
    }

    /// The artifacts this step reads; parameters are not among them.
    pub fn inputs(&self) -> &[InputInfo] {
        &self.facts.inputs
    }

    /// The artifacts this step will make.
    pub fn outputs(&self) -> &[OutputInfo] {
        &self.facts.outputs
    }

    /// The name of the stack the run uses.
    pub fn stack(&self) -> &str {
        &self.facts.stack
    }

    /// The slot of a schedule that the run is for: `slot.due` is the time the run stands for, however late it is. What a step makes of it is
    /// no input of the step, and so not in its cache key: a step that depends on it has its cache off, or takes it from one that has.
    pub fn slot(&self) -> Option<&RunSlot> {
        self.facts.slot.as_ref()
    }

    /// The stack's components.
    pub fn components(&self) -> &[Component] {
        &self.facts.components
    }

    /// The stack's first component of this type, as `ctx.component::<ArtifactStore>()`.
    pub fn component<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.facts.components.iter().find_map(Component::value)
    }

    /// A folder of this attempt's own, made at the first call and removed when the attempt has ended and its outputs, which may be
    /// [files](crate::artifact::FileArtifact) in it, have been read; that of a program that was killed is removed at the next start.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn scratch(&self) -> std::io::Result<PathBuf> {
        self.events.scratch()
    }

    /// Adds a line to the step's log, at level `info`; of one that is longer than 16 KiB, the beginning. `tracing` events of a step's thread go to the same log.
    pub fn log(&self, message: impl Into<String>) {
        self.events.log(tracing::Level::INFO, "step", message.into());
    }

    /// Records a metric's next value: a typed metric such as [`Accuracy`](crate::metric::Accuracy), or a plain number.
    ///
    /// # Errors
    /// When the name is empty or too long, or the attempt has been given up.
    pub fn log_metric(&self, name: &str, value: impl MetricValue) -> Result<(), ContextError> {
        self.check("metric", name)?;
        self.events
            .metric(name, value.number(), None, value.higher_is_better());
        Ok(())
    }

    /// Records a metric's value at a position: an epoch or a batch number.
    ///
    /// # Errors
    /// When the name is empty or too long, or the attempt has been given up.
    pub fn log_metric_at(
        &self,
        name: &str,
        value: impl MetricValue,
        position: u64,
    ) -> Result<(), ContextError> {
        self.check("metric", name)?;
        self.events
            .metric(name, value.number(), Some(position), value.higher_is_better());
        Ok(())
    }

    /// Records a fact about this step of this run, for people and programs that look at it later. At most 16 KiB as JSON: a large
    /// value is an output of the step.
    ///
    /// # Errors
    /// When the key is empty or too long, the value is too large, or the attempt has been given up.
    pub fn log_metadata(&self, key: &str, value: impl Serialize) -> Result<(), ContextError> {
        self.check("metadata entry", key)?;
        let value = short_json_view(&value).ok_or_else(|| ContextError::LargeValue {
            step: self.facts.step_name.clone(),
            key: key.to_owned(),
        })?;
        self.events.metadata(key, value);
        Ok(())
    }

    /// Waits until what the run has recorded so far, this step's inputs among it, is stored and visible to other processes. Otherwise a step
    /// may read a value in memory that is still on its way to the store.
    ///
    /// # Errors
    /// When it can't be stored.
    pub fn flush(&self) -> Result<(), ContextError> {
        self.events.flush().map_err(|reason| ContextError::NotStored {
            step: self.facts.step_name.clone(),
            reason,
        })
    }

    /// Whether the run has been cancelled or this attempt given up: a long step looks now and then, and returns early.
    pub fn is_cancelled(&self) -> bool {
        self.events.is_cancelled()
    }

    fn check(&self, what: &'static str, name: &str) -> Result<(), ContextError> {
        let step = || self.facts.step_name.clone();
        if name.trim().is_empty() {
            return Err(ContextError::NoName { step: step(), what });
        }
        if name.len() > LONGEST_NAME {
            return Err(ContextError::LongName {
                step: step(),
                what,
                bytes: name.len(),
            });
        }
        if self.events.is_cancelled() {
            return Err(ContextError::Ended {
                step: step(),
                attempt: self.facts.attempt,
            });
        }
        Ok(())
    }
}

/// What a step said to a context made by [`StepContext::recording`].
#[derive(Debug, Default)]
pub struct Recording {
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    logs: Vec<String>,
    metrics: Vec<(String, f64)>,
    metadata: Vec<(String, Value)>,
    scratch: Option<Scratch>,
}

impl Recording {
    /// The log's lines.
    pub fn logs(&self) -> Vec<String> {
        self.said().logs.clone()
    }

    /// The metrics by name, in the order they were logged.
    pub fn metrics(&self) -> Vec<(String, f64)> {
        self.said().metrics.clone()
    }

    /// The metadata by key, in the order it was logged.
    pub fn metadata(&self) -> Vec<(String, Value)> {
        self.said().metadata.clone()
    }

    fn said(&self) -> std::sync::MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StepEvents for Recording {
    fn log(&self, _: tracing::Level, _: &str, message: String) {
        self.said().logs.push(message);
    }

    fn metric(&self, name: &str, value: f64, _: Option<u64>, _: Option<bool>) {
        self.said().metrics.push((name.to_owned(), value));
    }

    fn metadata(&self, key: &str, value: Value) {
        self.said().metadata.push((key.to_owned(), value));
    }

    fn flush(&self) -> Result<(), String> {
        Ok(())
    }

    fn is_cancelled(&self) -> bool {
        false
    }

    fn scratch(&self) -> std::io::Result<PathBuf> {
        let mut said = self.said();
        if let Some(scratch) = &said.scratch {
            return Ok(scratch.path().to_owned());
        }
        let scratch = Scratch::new(&std::env::temp_dir())?;
        let path = scratch.path().to_owned();
        said.scratch = Some(scratch);
        Ok(path)
    }
}

/// A folder that is removed with its owner.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(parent: &Path) -> std::io::Result<Self> {
        let path = parent.join(format!("zen-scratch-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it: what can't be removed now stays behind in a folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
