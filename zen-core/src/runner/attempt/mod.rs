//! One attempt of a node: its key, the cache, loading, executing, storing, recording.

mod execute;
mod finish;
mod inputs;
#[cfg(unix)]
mod isolate;
#[cfg(not(unix))]
#[path = "isolate_elsewhere.rs"]
mod isolate;
mod key;
mod look;
mod store;

pub(super) use look::{condition_of, elements_of};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::cache::CacheKey;
use crate::graph::failure::chain;
use crate::graph::{CachePolicy, FailureKind, Node, Retry, StepEvents, StepFailure};
use crate::metadata::{Change, Edge, Status, StepRecord};
use crate::runner::adopt::Adopted;
use crate::runner::core::RunCore;
use crate::runner::events::RunEvent;
use crate::runner::executor::Cancel;
use crate::runner::held::Held;
use crate::runner::state::{Slot, Task, TaskInput, Work};

/// What is known of an attempt when its body begins, and needed when it ends.
#[derive(Debug)]
pub(crate) struct Prepared {
    miss: Miss,
    policy: CachePolicy,
    retry: Retry,
    inputs: Vec<Edge>,
    /// Artifacts made of large parameters.
    parameters: Vec<Change>,
    outputs: Vec<Uuid>,
    started: DateTime<Utc>,
    cancel: Arc<Cancel>,
    timer: Option<AbortHandle>,
    /// Keeps the attempt's scratch folder: outputs may be files in it.
    _events: Arc<dyn StepEvents>,
}

/// What the cache had to say about a step that is executed.
#[derive(Debug)]
struct Miss {
    key: CacheKey,
    /// Why nothing was adopted, when there is more to say than that nothing was found.
    note: Option<String>,
    /// The objects that were found can't be read: those made now take their place.
    replace: bool,
}

/// A step that took longer is recorded at once: should the program be killed, little else is as dear as doing it again. So is one
/// whose cache is off, because it may have effects outside.
const DEAR: Duration = Duration::from_millis(1);

/// The longest pause that a timer takes; a longer timeout is none.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

impl RunCore {
    pub(super) fn work(self: &Arc<Self>, task: Task) {
        match task.work.clone() {
            Work::Stored => self.find_stored(&task),
            Work::Expand {
                vector,
                elements,
                extract,
            } => self.expand(&task, &vector, &elements, extract.as_ref()),
            Work::Branch { condition } => self.branch(&task, &condition),
            Work::Step { inputs } => self.step(task, inputs),
        }
        self.after_change();
    }

    fn fail_early(self: &Arc<Self>, task: &Task, failure: StepFailure) {
        let told = {
            let mut state = self.state();
            let told = self.hooked(task, None);
            state.fail(task.instance, failure.clone());
            told
        };
        if self.graph.get(task.node).step().is_some() {
            self.record_failed(task, &failure, None, told);
        }
        self.after_failure();
    }

    fn step(self: &Arc<Self>, task: Task, inputs: Vec<TaskInput>) {
        let node = self.graph.get(task.node);
        let Some(definition) = node.definition.clone() else {
            return;
        };
        let policy = self.policy(node, &definition);
        let key = self.key(node, &definition, &policy, &inputs);
        let key = match key {
            Ok(key) => key,
            Err(error) => {
                return self.fail_early(&task, StepFailure::new(FailureKind::Storage, chain(&error)));
            }
        };
        let mut note = task.bypass.clone();
        let mut replace = note.is_some();
        if self.is_asked_for(&task) {
            note.get_or_insert_with(|| "it was asked for by its name".into());
        } else if note.is_none() && task.attempt == 1 {
            match self.adopt(&task, node, &policy, &key) {
                Adopted::Yes { outputs, source } => {
                    return self.finish_adopted(&task, node, key, outputs, &inputs, source);
                }
                Adopted::No(reason) => note = reason,
                Adopted::TooOld(reason) => note = Some(reason),
                Adopted::Away(reason) => {
                    return self.fail_early(&task, StepFailure::new(FailureKind::Storage, reason));
                }
                Adopted::Unreadable(reason) => {
                    note = Some(reason);
                    replace = true;
                }
            }
        }
        self.execute(task, definition, policy, Miss { key, note, replace }, inputs);
    }

    /// Whether it is the one step that is to be run, which is executed whatever the cache has.
    pub(in crate::runner) fn is_asked_for(&self, task: &Task) -> bool {
        let only = self.settings.only.as_ref();
        only.is_some_and(|only| only.is_step(task.node))
    }

    fn finish_adopted(
        self: &Arc<Self>,
        task: &Task,
        node: &Node,
        key: CacheKey,
        outputs: Vec<Arc<Held>>,
        inputs: &[TaskInput],
        source: (Uuid, Uuid),
    ) {
        let now = self.now();
        let edges = node.outputs.iter().zip(&outputs).map(|(output, held)| Edge {
            name: output.name.clone(),
            artifact: held.artifact,
            element: None,
        });
        let record = StepRecord {
            status: Status::Cached,
            cache_key: Some(key.digest),
            key_fields: key.fields,
            source_step: Some(source.0),
            source_run: Some(source.1),
            started: Some(now),
            ended: Some(now),
            inputs: Self::edges(inputs),
            outputs: edges.collect(),
            ..self.blank(task.node, &task.name, task.step)
        };
        let slots = outputs.into_iter().map(Slot::from).collect();
        self.recorder().ended(record, Vec::new(), None, None);
        self.tell(|| RunEvent::StepEnded {
            step: task.name.clone(),
            status: Status::Cached,
            took: Duration::ZERO,
            error: None,
            element: task.element,
        });
        self.state().succeed(task.instance, Status::Cached, slots);
    }
}
