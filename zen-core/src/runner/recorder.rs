//! Writes what happens in a run to the metadata store, off the steps' path.
//!
//! One thread a run takes what steps have said and done, and applies it in groups: one transaction for whatever has come together
//! since the last one. A step's record is written only when its objects are stored, and after the records of the steps it read from, so that
//! the store never shows a step whose inputs or outputs aren't there. Others don't wait with it.
//!
//! Since it is there as long as the run is, that thread also looks now and then whether somebody has asked for the run to be cancelled.

mod requests;
mod writer;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use uuid::Uuid;

use self::writer::Writer;
use crate::artifact::ArtifactError;
use crate::graph::failure::chain;
use crate::metadata::{Change, MetadataError, MetadataStore, Status, StepRecord};

/// The most changes in one transaction.
const GROUP: usize = 512;

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
    /// Whose recorder waits for it.
    recorder: Option<Arc<Shared>>,
}

impl Upload {
    pub(crate) fn of(count: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(UploadState {
                open: count,
                error: None,
                recorder: None,
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
        let recorder = match state.open {
            0 => state.recorder.take(),
            _ => None,
        };
        drop(state);
        if let Some(recorder) = recorder {
            recorder.queue().uploaded = true;
            recorder.changed.notify_all();
        }
    }

    /// Lets a recorder know when it is done.
    fn report_to(&self, recorder: &Arc<Shared>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.open > 0 {
            state.recorder = Some(Arc::clone(recorder));
        }
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

/// How a step's end was recorded: it may be failed although its body succeeded.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) status: Status,
    pub(crate) error: Option<String>,
}

/// Hears when a step's end is recorded. Dropped unheard when it never is.
pub(crate) type Told = oneshot::Sender<Recorded>;

/// How a step ended, and what is to be written before.
struct Ended {
    step: Box<StepRecord>,
    before: Vec<Change>,
    upload: Option<Arc<Upload>>,
    told: Option<Told>,
}

/// One thing to write.
enum Entry {
    /// A step that is running: written only when it still runs after a while, or has said something.
    Mark(Box<StepRecord>),
    /// What a step said.
    Said(Uuid, Change),
    /// A step's end with its artifacts, once its objects are stored.
    Ended(Ended),
    /// Anything else.
    Change(Change),
}

/// Told of failures that happen while recording.
pub(crate) trait RecorderEvents: Send + Sync {
    /// The outputs of a step could not be stored, although its body succeeded.
    fn not_stored(&self, step: &str, error: String);
    /// Somebody has asked for the run to be cancelled.
    fn cancel_requested(&self, by: &str);
    /// These changes are written. Called in the recorder's thread: it must not block.
    fn written(&self, changes: &[Change]);
    /// The metadata store refused; nothing more will be recorded, beginning with what `step` did or said when it is known.
    fn broken(&self, error: Arc<MetadataError>, step: Option<String>);
}

#[derive(Default)]
struct Queue {
    entries: VecDeque<Entry>,
    /// Somebody waits for everything to be written.
    flushing: usize,
    /// Something is in the queue that should not wait for company.
    urgent: bool,
    /// An upload is done that a step's end may have waited for.
    uploaded: bool,
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

impl fmt::Debug for Shared {
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
        run: Uuid,
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
                Writer::new(writer, run, events).run();
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

    pub(crate) fn ended(
        &self,
        step: StepRecord,
        before: Vec<Change>,
        upload: Option<Arc<Upload>>,
        told: Option<Told>,
    ) {
        if let Some(upload) = &upload {
            upload.report_to(&self.shared);
        }
        self.put(Entry::Ended(Ended {
            step: Box::new(step),
            before,
            upload,
            told,
        }));
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
