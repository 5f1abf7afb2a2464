//! What waits for the experiment tracker.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::lost::Lost;
use crate::metadata::Status;
use crate::tracking::{TrackedBatch, TrackedMetric};

/// One thing to deliver.
#[derive(Debug, Clone)]
pub(super) enum Item {
    /// A parameter's name and value.
    Parameter(String, String),
    /// A metric's value.
    Metric(TrackedMetric),
    /// The metrics of the step whose outputs this one adopted.
    Adopted { step: String, source: Uuid },
    /// An output that is to be put there.
    Artifact {
        step: String,
        output: String,
        artifact: Uuid,
    },
}

/// How a run has ended, and how long what waits may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) status: Status,
    pub(super) ended: DateTime<Utc>,
    pub(super) until: Instant,
}

#[derive(Debug, Default)]
pub(super) struct State {
    items: VecDeque<Item>,
    /// What is being delivered, in case nobody waits for it any longer.
    pub(super) under_way: Lost,
    pub(super) lost: Lost,
    pub(super) end: Option<End>,
    /// Outputs, which may be large: they come when nothing else waits.
    artifacts: VecDeque<Item>,
    /// Nothing more is delivered.
    closed: bool,
    done: bool,
}

/// Who may write what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// The thread.
    Thread,
    /// It has written how it ended.
    Nobody,
    /// The run, which waits for the thread no longer.
    Run,
}

/// What there is to deliver next.
pub(super) enum Next {
    Batch(TrackedBatch),
    Adopted {
        step: String,
        source: Uuid,
    },
    Artifact {
        step: String,
        output: String,
        artifact: Uuid,
    },
    /// Everything is delivered, and the run has ended.
    End(End),
}

/// A bounded queue: what comes when it is full is lost, and counted.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    size: usize,
    /// Held while something is written, so that the thread writes nothing over what the run has written.
    writer: Mutex<Writer>,
}

/// How long the first value after a pause waits for others.
const GATHER: Duration = Duration::from_millis(500);

impl Queue {
    pub(super) fn new(size: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            size: size.max(1),
            writer: Mutex::new(Writer::Thread),
        }
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the thread write, unless the run does by now: then it gets false.
    pub(super) fn record(&self, is_last: bool, write: impl FnOnce()) -> bool {
        let mut writer = self.writer();
        if *writer != Writer::Thread {
            return false;
        }
        write();
        if is_last {
            *writer = Writer::Nobody;
        }
        true
    }

    /// From now on the thread writes nothing; false when it has written how it ended.
    pub(super) fn give_up(&self) -> bool {
        let mut writer = self.writer();
        if *writer == Writer::Thread {
            *writer = Writer::Run;
        }
        *writer == Writer::Run
    }

    fn is_given_up(&self) -> bool {
        *self.writer() == Writer::Run
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never waits.
    pub(super) fn put(&self, item: Item) {
        let mut state = self.state();
        if state.closed || state.items.len() + state.artifacts.len() >= self.size {
            state.lost.item(&item);
            return;
        }
        let first = state.is_empty();
        match item {
            Item::Artifact { .. } => state.artifacts.push_back(item),
            item => state.items.push_back(item),
        }
        drop(state);
        if first {
            self.changed.notify_all();
        }
    }

    pub(super) fn end(&self, end: End) {
        self.state().end = Some(end);
        self.changed.notify_all();
    }

    /// Waits until the run has ended.
    pub(super) fn wait_for_end(&self) -> End {
        let mut state = self.state();
        loop {
            if let Some(end) = state.end {
                return end;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn done(&self) {
        self.state().done = true;
        self.changed.notify_all();
    }

    /// Waits until the thread is done; false when it isn't by then.
    pub(super) fn wait_until_done(&self, until: Instant) -> bool {
        let mut state = self.state();
        while !state.done {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Until when what waits may still be delivered, once the run has ended.
    pub(super) fn until(&self) -> Option<Instant> {
        self.state().end.map(|end| end.until)
    }

    /// Pauses before another try: at most so long, and not beyond the time that the end leaves. False when there is none left.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        if self.is_given_up() {
            return false;
        }
        let mut state = self.state();
        let had_ended = state.end.is_some();
        let begun = Instant::now();
        loop {
            let now = Instant::now();
            if state.end.is_some_and(|end| end.until <= now) {
                return false;
            }
            // The end shortens what is left: it is tried at once then.
            if now >= begun + pause || (!had_ended && state.end.is_some()) {
                return true;
            }
            let until = state
                .end
                .map_or(begun + pause, |end| end.until.min(begun + pause));
            let waited = self
                .changed
                .wait_timeout(state, until.saturating_duration_since(now));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Everything that waits is lost, and what comes too.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let items = [
            std::mem::take(&mut state.items),
            std::mem::take(&mut state.artifacts),
        ];
        items.iter().flatten().for_each(|item| state.lost.item(item));
    }

    /// What is to be delivered next; waits for it. What it gives counts as under way.
    pub(super) fn next(&self, batch_size: usize) -> Next {
        let mut state = self.state();
        while state.is_empty() {
            if let Some(end) = state.end {
                return Next::End(end);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let gathered = Instant::now() + GATHER;
        while state.artifacts.is_empty() && state.items.len() < batch_size && state.end.is_none() {
            let left = gathered.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let next = state.take(batch_size.max(1));
        state.under_way = Lost::default();
        match &next {
            Next::Batch(batch) => state.under_way.batch(batch),
            Next::Adopted { step, .. } => state.under_way.adopted(step),
            Next::Artifact { step, output, .. } => state.under_way.artifact(step, output),
            Next::End(_) => {}
        }
        next
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.items.is_empty() && self.artifacts.is_empty()
    }

    /// The queue isn't empty.
    fn take(&mut self, batch_size: usize) -> Next {
        let mut batch = TrackedBatch::default();
        while batch.len() < batch_size {
            match self.items.pop_front() {
                Some(Item::Parameter(name, value)) => batch.parameters.push((name, value)),
                Some(Item::Metric(metric)) => batch.metrics.push(metric),
                Some(other) if !batch.is_empty() => {
                    self.items.push_front(other);
                    break;
                }
                Some(Item::Adopted { step, source }) => return Next::Adopted { step, source },
                // Those have a queue of their own.
                Some(Item::Artifact { .. }) => {}
                None => break,
            }
        }
        if batch.is_empty()
            && let Some(Item::Artifact {
                step,
                output,
                artifact,
            }) = self.artifacts.pop_front()
        {
            return Next::Artifact {
                step,
                output,
                artifact,
            };
        }
        Next::Batch(batch)
    }
}
