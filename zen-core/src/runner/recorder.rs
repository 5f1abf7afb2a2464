//! Writes what happens in a run to the metadata store, off the steps' path.
//!
//! One thread a run takes what steps have said and done, in order, and applies it in groups: one transaction for whatever has come
//! together since the last one. A step's record is written only when its objects are stored, and records keep their
//! order, so that the store never shows a step whose inputs or outputs aren't there.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::artifact::ArtifactError;
use crate::graph::failure::chain;
use crate::metadata::{Change, MetadataError, MetadataStore, Status, StepRecord};

/// How long the first change after a pause waits for others to join it. Those that come while a group is being written
/// are a group already, and wait for nothing.
const GATHER: Duration = Duration::from_micros(200);

/// The most changes in one transaction.
const GROUP: usize = 512;

/// A step that ends sooner than this is written once, when it has ended.
const MARK_AFTER: Duration = Duration::from_millis(50);

/// The objects of one step on their way to the store.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    state: Mutex<UploadState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct UploadState {
    open: usize,
    error: Option<String>,
}

impl Upload {
    pub(crate) fn of(count: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(UploadState {
                open: count,
                error: None,
            }),
            changed: Condvar::new(),
        })
    }

    pub(crate) fn done(&self, result: Result<(), ArtifactError>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open = state.open.saturating_sub(1);
        if let Err(error) = result {
            state.error.get_or_insert_with(|| chain(&error));
        }
        self.changed.notify_all();
    }

    fn wait(&self) -> Result<(), String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.open > 0 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.error.clone().map_or(Ok(()), Err)
    }

    fn is_open(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).open > 0
    }
}

/// One thing to write.
enum Entry {
    /// A step that is running: written only when it still runs after a while, or has said something.
    Mark(Box<StepRecord>),
    /// What a step said.
    Said(Uuid, Change),
    /// A step's end with its artifacts, once its objects are stored.
    Ended {
        step: Box<StepRecord>,
        before: Vec<Change>,
        upload: Option<Arc<Upload>>,
    },
    /// Anything else.
    Change(Change),
}

/// Told of failures that happen while recording.
pub(crate) trait RecorderEvents: Send + Sync {
    /// The outputs of a step could not be stored, although its body succeeded.
    fn not_stored(&self, step: &str, error: String);
    /// The metadata store refused; nothing more will be recorded.
    fn broken(&self, error: Arc<MetadataError>);
}

#[derive(Default)]
struct Queue {
    entries: VecDeque<Entry>,
    /// Somebody waits for everything to be written.
    flushing: usize,
    /// Something is in the queue that should not wait for company.
    urgent: bool,
    /// How many entries were ever put in, and how many of them are settled.
    put: u64,
    settled: u64,
    closed: bool,
    broken: Option<Arc<MetadataError>>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    metadata: Arc<dyn MetadataStore>,
}

/// The queue of one run, and the thread that writes it.
pub(crate) struct Recorder {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorder {
    pub(crate) fn start(
        metadata: Arc<dyn MetadataStore>,
        events: Arc<dyn RecorderEvents>,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
            metadata,
        });
        let writer = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("zen-recorder".into())
            .spawn(move || {
                Writer {
                    shared: writer,
                    events,
                    marks: HashMap::new(),
                    lost: HashSet::new(),
                }
                .run();
            })?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    fn put(&self, entry: Entry) {
        let mut queue = self.shared.queue();
        queue.put += 1;
        if queue.broken.is_some() || queue.closed {
            queue.settled += 1;
            return;
        }
        let first = queue.entries.is_empty();
        queue.entries.push_back(entry);
        let full = queue.entries.len() == GROUP;
        drop(queue);
        if first || full {
            self.shared.changed.notify_all();
        }
    }

    pub(crate) fn change(&self, change: Change) {
        self.put(Entry::Change(change));
    }

    pub(crate) fn mark(&self, step: StepRecord) {
        self.put(Entry::Mark(Box::new(step)));
    }

    pub(crate) fn said(&self, step: Uuid, change: Change) {
        self.put(Entry::Said(step, change));
    }

    pub(crate) fn ended(&self, step: StepRecord, before: Vec<Change>, upload: Option<Arc<Upload>>) {
        self.put(Entry::Ended {
            step: Box::new(step),
            before,
            upload,
        });
    }

    /// Writes what is in the queue now, without waiting for more to join it.
    pub(crate) fn hurry(&self) {
        self.shared.queue().urgent = true;
        self.shared.changed.notify_all();
    }

    /// Waits until everything put in so far is written.
    pub(crate) fn flush(&self) -> Result<(), Arc<MetadataError>> {
        let mut queue = self.shared.queue();
        let target = queue.put;
        queue.flushing += 1;
        self.shared.changed.notify_all();
        while queue.settled < target && queue.broken.is_none() {
            queue = self
                .shared
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        queue.flushing -= 1;
        queue.broken.clone().map_or(Ok(()), Err)
    }

    /// Writes the rest and ends the thread.
    pub(crate) fn close(&self) -> Result<(), Arc<MetadataError>> {
        let flushed = self.flush();
        self.shared.queue().closed = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // The writer catches nothing that could panic; if it did, flush has said that it is broken.
            let _ = thread.join();
        }
        flushed
    }
}

struct Writer {
    shared: Arc<Shared>,
    events: Arc<dyn RecorderEvents>,
    /// Steps that run and are not written yet.
    marks: HashMap<Uuid, (Instant, Box<StepRecord>)>,
    /// Artifacts that could not be stored.
    lost: HashSet<Uuid>,
}

impl Writer {
    fn run(mut self) {
        while let Some(entries) = self.next() {
            let count = entries.len() as u64;
            let result = self.write(entries);
            let mut queue = self.shared.queue();
            queue.settled += count;
            if let Err(error) = result {
                let error = Arc::new(error);
                queue.settled += queue.entries.len() as u64;
                queue.entries.clear();
                queue.broken = Some(Arc::clone(&error));
                drop(queue);
                self.shared.changed.notify_all();
                self.events.broken(error);
                return;
            }
            let flushing = queue.flushing > 0;
            drop(queue);
            if flushing {
                self.shared.changed.notify_all();
            }
        }
    }

    /// Waits for entries, or for a mark that is due (then the list may be empty). `None` when the recorder is closed.
    fn next(&mut self) -> Option<Vec<Entry>> {
        let mut queue = self.shared.queue();
        let mut idle = false;
        loop {
            if queue.entries.is_empty() {
                idle = true;
                if queue.closed {
                    return None;
                }
                let due = self.marks.values().map(|(since, _)| *since + MARK_AFTER).min();
                let Some(due) = due else {
                    queue = self
                        .shared
                        .changed
                        .wait(queue)
                        .unwrap_or_else(PoisonError::into_inner);
                    continue;
                };
                let now = Instant::now();
                if due <= now {
                    return Some(Vec::new());
                }
                queue = self
                    .shared
                    .changed
                    .wait_timeout(queue, due - now)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
                continue;
            }
            if idle && queue.flushing == 0 && !queue.closed && !queue.urgent && queue.entries.len() < GROUP {
                let until = Instant::now() + GATHER;
                loop {
                    let now = Instant::now();
                    if now >= until
                        || queue.flushing > 0
                        || queue.closed
                        || queue.urgent
                        || queue.entries.len() >= GROUP
                    {
                        break;
                    }
                    queue = self
                        .shared
                        .changed
                        .wait_timeout(queue, until - now)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0;
                }
            }
            let count = queue.entries.len().min(GROUP);
            queue.urgent = false;
            return Some(queue.entries.drain(..count).collect());
        }
    }

    fn write(&mut self, entries: Vec<Entry>) -> Result<(), MetadataError> {
        let mut changes = Vec::with_capacity(2 * entries.len());
        for entry in entries {
            match entry {
                Entry::Change(change) => changes.push(change),
                Entry::Mark(step) => {
                    self.marks.insert(step.id, (Instant::now(), step));
                }
                Entry::Said(step, change) => {
                    if let Some((_, mark)) = self.marks.remove(&step) {
                        changes.push(Change::Step(mark));
                    }
                    changes.push(change);
                }
                Entry::Ended { step, before, upload } => {
                    if upload.as_ref().is_some_and(|upload| upload.is_open()) && !changes.is_empty() {
                        // What is ready need not wait for this upload.
                        self.shared.metadata.apply(&std::mem::take(&mut changes))?;
                    }
                    let stored = upload.map_or(Ok(()), |upload| upload.wait());
                    self.marks.remove(&step.id);
                    self.end(*step, before, stored, &mut changes);
                }
            }
        }
        let now = Instant::now();
        let due: Vec<_> = self
            .marks
            .iter()
            .filter(|(_, (since, _))| *since + MARK_AFTER <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            if let Some((_, mark)) = self.marks.remove(&id) {
                changes.push(Change::Step(mark));
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.shared.metadata.apply(&changes)
    }

    /// A step whose outputs, or whose inputs, could not be stored has failed, whatever its body said.
    fn end(
        &mut self,
        mut step: StepRecord,
        before: Vec<Change>,
        stored: Result<(), String>,
        changes: &mut Vec<Change>,
    ) {
        let lost_input = step
            .inputs
            .iter()
            .find(|edge| self.lost.contains(&edge.artifact))
            .map(|edge| edge.name.clone());
        let error = match (stored, lost_input) {
            (Ok(()), None) => {
                changes.extend(before);
                changes.push(Change::Step(Box::new(step)));
                return;
            }
            (Err(error), _) => {
                let error = format!("its outputs could not be stored: {error}");
                self.events.not_stored(&step.name, error.clone());
                error
            }
            (Ok(()), Some(input)) => format!("its input `{input}` could not be stored"),
        };
        self.lost.extend(step.outputs.iter().map(|edge| edge.artifact));
        step.outputs.clear();
        step.inputs.retain(|edge| !self.lost.contains(&edge.artifact));
        step.status = Status::Failed;
        step.error = Some(error);
        changes.push(Change::Step(Box::new(step)));
    }
}
