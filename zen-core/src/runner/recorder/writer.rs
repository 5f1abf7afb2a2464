//! The thread that writes what has come together.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::requests::Requests;
use super::{Ended, Entry, GROUP, Recorded, RecorderEvents, Shared, Told};
use crate::metadata::{Change, MetadataError, Status, StepRecord};

/// How long the first change after a pause waits for others to join it. Those that come while a group is being written
/// are a group already, and wait for nothing.
const GATHER: Duration = Duration::from_micros(200);

/// A step that ends sooner than this is written once, when it has ended.
const MARK_AFTER: Duration = Duration::from_millis(50);

/// What the thread of a recorder works with.
pub(super) struct Writer {
    shared: Arc<Shared>,
    events: Arc<dyn RecorderEvents>,
    /// Steps that run and are not written yet.
    marks: HashMap<Uuid, (Instant, Box<StepRecord>)>,
    /// The names of all steps that run, for messages.
    names: HashMap<Uuid, String>,
    /// Ends of steps that wait for an upload, their own or that of an input, in the order they came. Others need not wait with them: one slow
    /// upload would otherwise keep everything that is finished meanwhile from being recorded.
    waiting: Vec<Ended>,
    /// The artifacts of these steps.
    unstored: HashSet<Uuid>,
    /// Artifacts that could not be stored.
    lost: HashSet<Uuid>,
    /// Who is to hear of what is about to be applied.
    telling: Vec<(Told, Recorded)>,
    requests: Requests,
}

/// What there is to do.
struct Batch {
    entries: Vec<Entry>,
    /// An upload has ended since the last time.
    uploaded: bool,
    /// Everything is to be written, however long the uploads take.
    all: bool,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, run: Uuid, events: Arc<dyn RecorderEvents>) -> Self {
        Self {
            shared,
            events,
            marks: HashMap::new(),
            names: HashMap::new(),
            waiting: Vec::new(),
            unstored: HashSet::new(),
            lost: HashSet::new(),
            telling: Vec::new(),
            requests: Requests::of(run),
        }
    }

    pub(super) fn run(mut self) {
        while let Some(batch) = self.next() {
            // Without the lock: what is cancelled is put into the queue.
            self.requests.look(&self.shared, &self.events);
            let count = (batch.entries.len() + self.waiting.len()) as u64;
            let waits = self.waiting.first().map(|ended| ended.step.name.clone());
            let step = waits.or_else(|| batch.entries.iter().find_map(|entry| self.step_of(entry)));
            let result = self.write(batch);
            if let Err(error) = result {
                let error = Arc::new(error);
                // Before anybody who waits hears of it: then it is known where it began.
                self.events.broken(Arc::clone(&error), step);
                let mut queue = self.shared.queue();
                queue.settled += count + queue.entries.len() as u64;
                queue.entries.clear();
                queue.broken = Some(error);
                drop(queue);
                self.shared.changed.notify_all();
                return;
            }
            let mut queue = self.shared.queue();
            queue.settled += count - self.waiting.len() as u64;
            let flushing = queue.flushing > 0;
            drop(queue);
            if flushing {
                self.shared.changed.notify_all();
            }
        }
    }

    /// Waits for entries, for an upload, for a mark that is due, or for the time to look for requests (then the list may be empty). `None` when the recorder is closed.
    fn next(&mut self) -> Option<Batch> {
        let mut queue = self.shared.queue();
        let mut idle = false;
        loop {
            if queue.entries.is_empty() {
                idle = true;
                let all = !self.waiting.is_empty() && (queue.flushing > 0 || queue.closed);
                if all || (queue.uploaded && !self.waiting.is_empty()) {
                    return Some(Batch {
                        entries: Vec::new(),
                        uploaded: std::mem::take(&mut queue.uploaded),
                        all,
                    });
                }
                if queue.closed {
                    return None;
                }
                let marks = self.marks.values().map(|(since, _)| *since + MARK_AFTER);
                let Some(due) = marks.chain(self.requests.next()).min() else {
                    queue = self
                        .shared
                        .changed
                        .wait(queue)
                        .unwrap_or_else(PoisonError::into_inner);
                    continue;
                };
                let now = Instant::now();
                if due <= now {
                    return Some(Batch {
                        entries: Vec::new(),
                        uploaded: std::mem::take(&mut queue.uploaded),
                        all: false,
                    });
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
            return Some(Batch {
                entries: queue.entries.drain(..count).collect(),
                uploaded: std::mem::take(&mut queue.uploaded),
                all: queue.flushing > 0 || queue.closed,
            });
        }
    }

    fn write(&mut self, batch: Batch) -> Result<(), MetadataError> {
        let mut changes = Vec::with_capacity(2 * batch.entries.len());
        // Nothing else can make one of them ready; there may be very many.
        if batch.all || batch.uploaded {
            self.settle_waiting(batch.all, &mut changes)?;
        }
        for entry in batch.entries {
            match entry {
                Entry::Change(change) => {
                    // The end of the run is among these: it comes last.
                    self.settle_waiting(true, &mut changes)?;
                    changes.push(change);
                }
                Entry::Mark(step) => {
                    self.names.entry(step.id).or_insert_with(|| step.name.clone());
                    self.marks.insert(step.id, (Instant::now(), step));
                }
                Entry::Said(step, change) => {
                    if let Some((_, mark)) = self.marks.remove(&step) {
                        changes.push(Change::Step(mark));
                    }
                    changes.push(change);
                }
                Entry::Ended(ended) if self.must_wait(&ended) => {
                    self.unstored.extend(outputs(&ended));
                    self.waiting.push(ended);
                    if batch.all {
                        self.settle_waiting(true, &mut changes)?;
                    }
                }
                Entry::Ended(ended) => self.end(ended, &mut changes),
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
        self.apply(&changes)
    }

    fn apply(&mut self, changes: &[Change]) -> Result<(), MetadataError> {
        self.shared.metadata.apply(changes)?;
        self.events.written(changes);
        for (told, recorded) in self.telling.drain(..) {
            // Nobody listens when the run was given up.
            let _ = told.send(recorded);
        }
        Ok(())
    }

    /// The name of the step that an entry is about.
    fn step_of(&self, entry: &Entry) -> Option<String> {
        match entry {
            Entry::Mark(step) | Entry::Ended(Ended { step, .. }) => Some(step.name.clone()),
            Entry::Said(step, _) => self.names.get(step).cloned(),
            Entry::Change(_) => None,
        }
    }

    /// Whether its objects, or those of what it refers to, are still on their way.
    fn must_wait(&self, ended: &Ended) -> bool {
        let mut referred = ended.step.inputs.iter().chain(&ended.step.outputs);
        ended.upload.as_ref().is_some_and(|upload| upload.is_open())
            || (!self.unstored.is_empty() && referred.any(|edge| self.unstored.contains(&edge.artifact)))
    }

    /// Ends the steps whose uploads are done meanwhile, or all of them, however long that takes.
    fn settle_waiting(&mut self, all: bool, changes: &mut Vec<Change>) -> Result<(), MetadataError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        // What a step reads comes earlier in the list, so that it has been decided about when the step's turn comes.
        self.unstored.clear();
        for ended in waiting {
            if all {
                if ended.upload.as_ref().is_some_and(|upload| upload.is_open()) && !changes.is_empty() {
                    // What is ready need not wait for this upload.
                    self.apply(&std::mem::take(changes))?;
                }
            } else if self.must_wait(&ended) {
                self.unstored.extend(outputs(&ended));
                self.waiting.push(ended);
                continue;
            }
            self.end(ended, changes);
        }
        Ok(())
    }

    /// A step whose outputs, or whose inputs, could not be stored has failed, whatever its body said. Waits for its upload.
    fn end(&mut self, ended: Ended, changes: &mut Vec<Change>) {
        let Ended {
            mut step,
            before,
            upload,
            told,
        } = ended;
        let stored = upload.map_or(Ok(()), |upload| upload.wait());
        self.marks.remove(&step.id);
        self.names.remove(&step.id);
        let lost_input = step
            .inputs
            .iter()
            .find(|edge| self.lost.contains(&edge.artifact))
            .map(|edge| edge.name.clone());
        let error = match (stored, lost_input) {
            (Ok(()), None) => {
                changes.extend(before);
                self.tell(told, &step);
                changes.push(Change::Step(step));
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
        self.tell(told, &step);
        changes.push(Change::Step(step));
    }

    /// Tells `told` of the step when it is written.
    fn tell(&mut self, told: Option<Told>, step: &StepRecord) {
        let Some(told) = told else { return };
        let recorded = Recorded {
            status: step.status,
            error: step.error.clone(),
        };
        self.telling.push((told, recorded));
    }
}

fn outputs(ended: &Ended) -> impl Iterator<Item = Uuid> {
    ended.step.outputs.iter().map(|edge| edge.artifact)
}
