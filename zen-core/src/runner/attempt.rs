//! One attempt of a node: its key, the cache, loading, executing, storing, recording.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::adopt::Adopted;
use super::core::{RunCore, random};
use super::events::RunEvent;
use super::executor::{Cancel, ProducedOutput, StepTask, TaskResult};
use super::held::Held;
use super::logs::AttemptEvents;
use super::pool;
use super::recorder::Upload;
use super::state::{InputFrom, Phase, Slot, Task, TaskInput, Work};
use crate::artifact::{AnyValue, ArtifactError, Description, Digest};
use crate::cache::{CacheKey, KeyInput, cache_key};
use crate::graph::failure::chain;
use crate::graph::{
    CachePolicy, ContextFacts, Elements, FailureKind, InputInfo, LoadedInput, Node, NodeKind, NodeOutput,
    OutputInfo, Retry, StepBody, StepContext, StepDefinition, StepEvents, StepFailure,
};
use crate::metadata::{ArtifactRecord, Change, Edge, Status, StepRecord};
use crate::stack::program;

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
        self.state().fail(task.instance, failure.clone());
        if self.graph.get(task.node).step().is_some() {
            self.record_failed(task, &failure, None);
        }
        self.after_failure();
    }

    fn find_stored(self: &Arc<Self>, task: &Task) {
        let NodeKind::Stored { name, number, codec } = &self.graph.get(task.node).kind else {
            return;
        };
        match crate::client::find_artifact(self.stack.metadata().as_ref(), name, *number, codec.type_name()) {
            Ok(record) => {
                let held = Held::stored(&record, format!("artifact `{name}`"), Arc::clone(codec), None);
                let slot = Slot {
                    digest: held.digest,
                    artifact: held.artifact,
                    held: Arc::new(held),
                    element: None,
                    artifact_element: None,
                };
                self.state().succeed(task.instance, Status::Completed, vec![slot]);
            }
            Err(error) => {
                let place = self.graph.get(task.node).place();
                let message = format!("{place}: {}", chain(&error));
                self.fail_early(task, StepFailure::new(FailureKind::Storage, message));
            }
        }
    }

    fn expand(
        self: &Arc<Self>,
        task: &Task,
        vector: &TaskInput,
        elements: &Elements,
        extract: Option<&Elements>,
    ) {
        let InputFrom::Slot { slot, .. } = &vector.from else {
            return;
        };
        let Some(loaded) = self.load(task, std::slice::from_ref(vector), false) else {
            return;
        };
        let Some(LoadedInput { value, element, .. }) = loaded.into_iter().next() else {
            return;
        };
        let digests = || -> Result<(Slot, Vec<Digest>), StepFailure> {
            let storage = |reason: String| StepFailure::new(FailureKind::Storage, reason);
            let mut slot = slot.clone();
            let mut value = value;
            if let (Some(index), Some(outer)) = (element, extract) {
                value = (outer.extract)(&*value, index).map_err(|error| storage(chain(&error)))?;
                let codec = Arc::clone(&slot.held.codec);
                let held = Held::pinned(
                    &slot.held,
                    slot.held.what.clone(),
                    slot.digest,
                    codec,
                    Arc::clone(&value),
                );
                slot.held = Arc::new(held);
            }
            let count = (elements.len)(&*value);
            let digest = |index| {
                (elements.digest)(&*value, index)
                    .map_err(|error| storage(format!("element {index}: {}", chain(&error))))
            };
            Ok((slot, (0..count).map(digest).collect::<Result<_, _>>()?))
        };
        match digests() {
            Ok((slot, digests)) => self.state().expand(task.instance, &slot, &digests),
            Err(failure) => self.fail_early(task, failure),
        }
    }

    fn branch(self: &Arc<Self>, task: &Task, condition: &TaskInput) {
        let Some(loaded) = self.load(task, std::slice::from_ref(condition), false) else {
            return;
        };
        let taken = loaded.into_iter().next().and_then(|input| match input.element {
            None => input.value.downcast_ref::<bool>().copied(),
            Some(index) => input
                .value
                .downcast_ref::<Vec<bool>>()
                .and_then(|vector| vector.get(index).copied()),
        });
        match taken {
            Some(taken) => self.state().branch(task.instance, taken),
            None => self.fail_early(
                task,
                StepFailure::new(FailureKind::Storage, "the condition is no `bool`"),
            ),
        }
    }

    /// The policy in force: the run's, then the call's, the step's, the pipeline's.
    fn policy(&self, node: &Node, definition: &StepDefinition) -> CachePolicy {
        let settings = &self.settings;
        settings
            .run_cache
            .over(&node.options.cache)
            .over(&definition.cache)
            .over(&settings.pipeline_cache)
    }

    fn step(self: &Arc<Self>, task: Task, inputs: Vec<TaskInput>) {
        let node = self.graph.get(task.node);
        let Some(definition) = node.definition.clone() else {
            return;
        };
        let policy = self.policy(node, &definition);
        let key = self.key(&task, node, &definition, &policy, &inputs);
        let key = match key {
            Ok(key) => key,
            Err(error) => {
                return self.fail_early(&task, StepFailure::new(FailureKind::Storage, chain(&error)));
            }
        };
        let mut note = task.bypass.clone();
        let mut replace = note.is_some();
        if note.is_none() && task.attempt == 1 {
            match self.adopt(&task, node, &policy, &key) {
                Adopted::Yes { outputs, source } => {
                    return self.finish_adopted(&task, node, key, outputs, &inputs, source);
                }
                Adopted::No(reason) => note = reason,
                Adopted::Unreadable(reason) => {
                    note = Some(reason);
                    replace = true;
                }
            }
        }
        self.execute(task, definition, policy, Miss { key, note, replace }, inputs);
    }

    fn key(
        &self,
        task: &Task,
        node: &Node,
        definition: &StepDefinition,
        policy: &CachePolicy,
        inputs: &[TaskInput],
    ) -> Result<CacheKey, crate::cache::KeyError> {
        let digest = |input: &TaskInput| match &input.from {
            InputFrom::Slot { slot, .. } => slot.digest,
            InputFrom::Value(value) => value.digest,
        };
        let mut fields: Vec<KeyInput> = Vec::new();
        if matches!(node.kind, NodeKind::Step) && definition.path != "zen::gather" {
            fields.extend(inputs.iter().map(|input| {
                let shown = match &input.from {
                    InputFrom::Value(value) if value.encoded.len() <= 100 => {
                        serde_json::to_string(&value.json).ok()
                    }
                    _ => None,
                };
                KeyInput {
                    name: input.name.clone(),
                    digest: digest(input),
                    shown,
                }
            }));
        } else {
            // A list of any length is one field.
            let mut hasher = crate::artifact::FieldHasher::new("zen list 1");
            inputs.iter().for_each(|input| {
                hasher.field(digest(input).as_bytes());
            });
            let shown = Some(format!("{} values", inputs.len()));
            fields.push(KeyInput {
                name: "list".into(),
                digest: hasher.finish(),
                shown,
            });
        }
        let _ = task;
        let home = self.stack.home().map(|home| home.join("cache").join("programs"));
        cache_key(
            definition,
            policy,
            &fields,
            &node.outputs,
            &self.settings.project,
            || program(home.as_deref()).digest,
        )
    }

    /// Loads inputs. When one can't be read, the step that made it runs again, or, failing that, the task fails; then
    /// there is nothing to go on with.
    fn load(self: &Arc<Self>, task: &Task, inputs: &[TaskInput], last: bool) -> Option<Vec<LoadedInput>> {
        let mut loaded = Vec::with_capacity(inputs.len());
        for input in inputs {
            let value: Result<AnyValue, _> = match &input.from {
                InputFrom::Value(value) => Ok(Arc::clone(&value.value)),
                InputFrom::Slot {
                    slot,
                    producer,
                    last: only,
                } => {
                    let load = || slot.held.load(&self.stack, last && *only);
                    let retry = |error| match self.recorder().flush() {
                        // It may just have been on its way to the store.
                        Ok(()) => load(),
                        Err(_) => Err(error),
                    };
                    load().or_else(retry).map_err(|error| (*producer, error))
                }
            };
            let element = match &input.from {
                InputFrom::Slot { slot, .. } => slot.element,
                InputFrom::Value(_) => None,
            };
            match value {
                Ok(value) => loaded.push(LoadedInput {
                    name: input.name.clone(),
                    value,
                    element,
                }),
                Err((producer, error)) => {
                    self.input_lost(task, &input.name, producer, &error);
                    return None;
                }
            }
        }
        Some(loaded)
    }

    fn input_lost(self: &Arc<Self>, task: &Task, input: &str, producer: usize, error: &ArtifactError) {
        let reason = format!("its stored output can't be read: {}", chain(error));
        let again = self.state().make_again(task.instance, producer, reason);
        if !again {
            let message = format!("input `{input}` can't be loaded: {}", chain(error));
            self.fail_early(task, StepFailure::new(FailureKind::Storage, message));
        }
    }

    fn edges(inputs: &[TaskInput]) -> Vec<Edge> {
        let edge = |input: &TaskInput| match &input.from {
            InputFrom::Slot { slot, .. } => Some(Edge {
                name: input.name.clone(),
                artifact: slot.artifact,
                element: slot.artifact_element.map(|element| element as u64),
            }),
            InputFrom::Value(_) => None,
        };
        inputs.iter().filter_map(edge).collect()
    }

    fn artifact_name(&self, node: &Node, output: &NodeOutput) -> String {
        match &output.artifact {
            Some(name) => name.clone(),
            None if node.outputs.len() == 1 && output.name == "output" => {
                format!("{}.{}", self.settings.pipeline, node.name())
            }
            None => format!("{}.{}.{}", self.settings.pipeline, node.name(), output.name),
        }
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
        let slots = outputs.into_iter().map(slot_of).collect();
        self.recorder().ended(record, Vec::new(), None);
        self.tell(|| RunEvent::StepEnded {
            step: task.name.clone(),
            status: Status::Cached,
            took: Duration::ZERO,
            error: None,
            element: task.element,
        });
        self.state().succeed(task.instance, Status::Cached, slots);
    }

    fn execute(
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
        let Some(loaded) = self.load(&task, &inputs, true) else {
            return;
        };
        let (edges, parameters) = match self.store_large_parameters(&task, node, &inputs) {
            Ok(stored) => stored,
            Err(error) => {
                return self.fail_early(&task, StepFailure::new(FailureKind::Storage, chain(&error)));
            }
        };
        let outputs: Vec<Uuid> = node.outputs.iter().map(|_| Uuid::now_v7()).collect();
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
        });
        let context = StepContext::new(self.facts(&task, node, &inputs, &outputs), Arc::clone(&events));
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
        let lingers = matches!(definition.body, StepBody::Sync(_));
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
        };
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

    fn facts(&self, task: &Task, node: &Node, inputs: &[TaskInput], outputs: &[Uuid]) -> ContextFacts {
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
            components: Arc::clone(self.stack.components()),
        }
    }

    /// A parameter too large for a row becomes an artifact that the step reads.
    fn store_large_parameters(
        &self,
        task: &Task,
        node: &Node,
        inputs: &[TaskInput],
    ) -> Result<(Vec<Edge>, Vec<Change>), ArtifactError> {
        let mut edges = Self::edges(inputs);
        let mut changes = Vec::new();
        for input in inputs {
            let InputFrom::Value(value) = &input.from else {
                continue;
            };
            if value.encoded.len() <= self.stack.artifacts().inline_limit() {
                continue;
            }
            self.stack.artifacts().put(value.digest, value.encoded.clone())?;
            let name = format!("{}.{}.{}", self.settings.pipeline, node.name(), input.name);
            let mut record =
                self.artifact_record(Uuid::now_v7(), name, value.digest, value.encoded.len() as u64);
            record.describe(value.codec.type_name(), value.info, value.description.clone());
            record.uri = self.stack.artifacts().uri(value.digest);
            record.producer_run = Some(self.settings.run);
            let _ = task;
            edges.push(Edge {
                name: input.name.clone(),
                artifact: record.id,
                element: None,
            });
            changes.push(Change::Artifact(Box::new(record)));
        }
        Ok((edges, changes))
    }

    fn artifact_record(&self, id: Uuid, name: String, digest: Digest, size: u64) -> ArtifactRecord {
        ArtifactRecord::new(id, name, digest, size, self.now())
    }

    pub(super) fn finish_attempt(self: &Arc<Self>, task: Task, prepared: Prepared, result: TaskResult) {
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

    fn is_current(&self, task: &Task) -> bool {
        let mut state = self.state();
        let instance = state.instance(task.instance);
        instance.phase == Phase::Running && instance.attempt == task.attempt
    }

    /// The attempt was given up meanwhile. The next one may have waited for this end.
    fn finished_late(self: &Arc<Self>, task: &Task, prepared: &Prepared) {
        let waited_for = {
            let mut state = self.state();
            let instance = state.instance(task.instance);
            instance.phase == Phase::Lingering && instance.attempt == task.attempt
        };
        if waited_for {
            self.resume_after(task.instance, prepared.retry.pause(task.attempt + 1, random()));
        }
    }

    fn failed(self: &Arc<Self>, task: &Task, prepared: &Prepared, failure: StepFailure) {
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
            self.record_end(task, record, &failure);
            return;
        }
        let again = task.attempt <= prepared.retry.max && !cancelled;
        {
            let mut state = self.state();
            let instance = state.instance(task.instance);
            if instance.phase != Phase::Running || instance.attempt != task.attempt {
                return;
            }
            match again {
                true => state.pause(task.instance, Phase::Pausing),
                false => state.fail(task.instance, failure.clone()),
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
            self.record_end(task, record, &failure);
            self.after_failure();
        }
    }

    /// The edges to artifacts that exist: those of large parameters are written only with a step that succeeds.
    fn recorded_inputs(inputs: &[Edge], parameters: &[Change]) -> Vec<Edge> {
        let unwritten = |edge: &Edge| {
            parameters
                .iter()
                .any(|change| matches!(change, Change::Artifact(record) if record.id == edge.artifact))
        };
        inputs.iter().filter(|edge| !unwritten(edge)).cloned().collect()
    }

    /// Encodes what the body made and sends it on its way to the store.
    fn store_outputs(
        self: &Arc<Self>,
        task: &Task,
        prepared: &Prepared,
        outputs: Vec<ProducedOutput>,
    ) -> Result<Stored, StepFailure> {
        let node = self.graph.get(task.node);
        if outputs.len() != node.outputs.len() {
            let message = format!(
                "it made {} outputs instead of {}",
                outputs.len(),
                node.outputs.len()
            );
            return Err(StepFailure::new(FailureKind::Executor, message));
        }
        let mut stored = Stored::default();
        let mut large = Vec::new();
        for ((produced, output), id) in outputs.into_iter().zip(&node.outputs).zip(&prepared.outputs) {
            let what = format!("output `{}` of `{}`", output.name, task.name);
            let encoded = self.encode(produced, output, &what)?;
            let name = self.artifact_name(node, output);
            let mut record = self.artifact_record(*id, name, encoded.digest, encoded.size);
            record.describe(output.codec.type_name(), output.codec.info(), encoded.description);
            record.producer_run = Some(self.settings.run);
            record.producer_step = Some(task.step);
            record.tags = node.options.tags.clone();
            let inline = encoded
                .bytes
                .as_ref()
                .filter(|bytes| bytes.len() <= self.stack.artifacts().inline_limit());
            record.uri = match inline {
                Some(_) => format!("inline:{}", encoded.digest),
                None => self.stack.artifacts().uri(encoded.digest),
            };
            if let Some(bytes) = inline {
                let (digest, bytes) = (encoded.digest, bytes.to_vec());
                stored.changes.push(match prepared.miss.replace {
                    false => Change::Object { digest, bytes },
                    true => Change::ReplaceObject { digest, bytes },
                });
            }
            let is_inline = inline.is_some();
            let codec = Arc::clone(&output.codec);
            let held = match encoded.bytes.clone() {
                Some(bytes) => Held::made(&record, what, codec, encoded.value, bytes),
                None => Held::stored(&record, what, codec, encoded.value),
            };
            let held = Arc::new(held);
            if let (false, true, Some(bytes)) = (is_inline, encoded.to_upload, encoded.bytes) {
                large.push((Arc::clone(&held), bytes));
            }
            stored.changes.push(Change::Artifact(Box::new(record)));
            stored.outputs.push(held);
        }
        if !large.is_empty() {
            stored.upload = Some(self.upload(prepared.miss.replace, large));
        }
        Ok(stored)
    }

    fn encode(
        &self,
        produced: ProducedOutput,
        output: &NodeOutput,
        what: &str,
    ) -> Result<Encoded, StepFailure> {
        let value = match produced {
            ProducedOutput::Value(value) => value,
            ProducedOutput::Stored { digest, bytes, size } => {
                let description = Description::default();
                return Ok(Encoded {
                    value: None,
                    digest,
                    size,
                    bytes,
                    description,
                    to_upload: false,
                });
            }
        };
        let (bytes, description) = output.codec.encode(&*value).map_err(|source| {
            let error = ArtifactError::Encode {
                what: what.to_owned(),
                type_name: output.codec.type_name(),
                codec: output.codec.info().name,
                source,
            };
            StepFailure::new(FailureKind::Storage, chain(&error))
        })?;
        let bytes = Bytes::from(bytes);
        let digest = Digest::of(&bytes);
        Ok(Encoded {
            value: Some(value),
            digest,
            size: bytes.len() as u64,
            bytes: Some(bytes),
            description,
            to_upload: true,
        })
    }

    /// Writes objects in other threads; readers of the values need not wait for it.
    fn upload(self: &Arc<Self>, replace: bool, objects: Vec<(Arc<Held>, Bytes)>) -> Arc<Upload> {
        let upload = Upload::of(objects.len());
        for (held, bytes) in objects {
            let size = bytes.len();
            self.budget.acquire(size);
            let (store, budget, report) = (
                self.stack.artifacts().clone(),
                Arc::clone(&self.budget),
                Arc::clone(&upload),
            );
            let write = move || {
                let result = match replace {
                    true => store.replace(held.digest, bytes),
                    false => store.put(held.digest, bytes),
                };
                if result.is_ok() {
                    held.is_durable();
                }
                budget.release(size);
                report.done(result);
            };
            let (budget, report) = (Arc::clone(&self.budget), Arc::clone(&upload));
            if let Err(source) = pool::spawn(write) {
                budget.release(size);
                report.done(Err(ArtifactError::Store {
                    url: self.stack.artifacts().url().to_owned(),
                    doing: "starting a thread to write".into(),
                    source: source.into(),
                }));
            }
        }
        upload
    }

    fn completed(self: &Arc<Self>, task: &Task, prepared: Prepared, stored: Stored) {
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
        let slots = stored.outputs.into_iter().map(slot_of).collect();
        {
            // Settled and recorded under one lock, so that a timeout in between can't record something else.
            let mut state = self.state();
            let instance = state.instance(task.instance);
            if instance.phase != Phase::Running || instance.attempt != task.attempt {
                drop(state);
                return;
            }
            self.recorder().ended(record, changes, stored.upload);
            state.succeed(task.instance, Status::Completed, slots);
        }
        let took = (ended - prepared.started).to_std().unwrap_or_default();
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

#[derive(Default)]
struct Stored {
    outputs: Vec<Arc<Held>>,
    changes: Vec<Change>,
    upload: Option<Arc<Upload>>,
}

struct Encoded {
    value: Option<AnyValue>,
    digest: Digest,
    size: u64,
    bytes: Option<Bytes>,
    description: Description,
    to_upload: bool,
}

fn slot_of(held: Arc<Held>) -> Slot {
    Slot {
        digest: held.digest,
        artifact: held.artifact,
        held,
        element: None,
        artifact_element: None,
    }
}
