//! What waits for a model thread, and which threads there are.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use zen_core::serving::{Batch, ServedModel};

use crate::native::options::limit;
use crate::native::{Metrics, NativeOptions, Refusal};

/// How many threads may be stuck for each that predicts.
const STUCK: usize = 4;

/// A request's rows, and where their predictions go.
pub(super) struct Job {
    pub(super) batch: Batch,
    pub(super) reply: oneshot::Sender<Result<Batch, Refusal>>,
    pub(super) queued: Instant,
}

/// What the threads share.
pub(super) struct Shared {
    pub(super) model: Arc<dyn ServedModel>,
    pub(super) metrics: Metrics,
    /// The longest time in one batch.
    pub(super) timeout: Option<Duration>,
    max_rows: usize,
    delay: Duration,
    capacity: usize,
    pub(super) threads: usize,
    state: Mutex<State>,
    /// There is work, or nothing to do any more.
    work: Condvar,
    /// Nothing to do any more.
    pub(super) ended: Condvar,
}

pub(super) struct State {
    jobs: VecDeque<Job>,
    /// The rows of all jobs.
    rows: usize,
    /// How many threads wait for work.
    idle: usize,
    /// The threads that predict, and since when.
    pub(super) busy: Vec<(u64, Instant)>,
    /// How many threads there are that aren't given up.
    pub(super) live: usize,
    /// How many threads are given up and still stuck.
    pub(super) stuck: usize,
    /// The number of the next thread.
    pub(super) next: u64,
    /// No request comes any more.
    pub(super) closed: bool,
}

impl Shared {
    pub(super) fn new(model: Arc<dyn ServedModel>, options: &NativeOptions, metrics: Metrics) -> Self {
        Self {
            model,
            metrics,
            timeout: limit(options.request_timeout),
            max_rows: options.max_batch_rows.max(1),
            delay: options.max_batch_delay,
            capacity: options.queue.max(1),
            threads: options.model_threads.max(1),
            state: Mutex::new(State {
                jobs: VecDeque::new(),
                rows: 0,
                idle: 0,
                busy: Vec::new(),
                live: 0,
                stuck: 0,
                next: 0,
                closed: false,
            }),
            work: Condvar::new(),
            ended: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether another thread may be started in place of one that is given up.
    pub(super) fn may_start(&self, state: &State) -> bool {
        !state.closed && state.live < self.threads && state.stuck < STUCK * self.threads
    }

    /// Lets a batch wait for a thread.
    pub(super) fn push(&self, batch: Batch) -> Result<oneshot::Receiver<Result<Batch, Refusal>>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let mut state = self.lock();
        if state.live == 0 {
            return Err(not_ready());
        }
        if state.jobs.len() >= self.capacity {
            state.purge();
        }
        if state.jobs.len() >= self.capacity {
            return Err(Refusal::Busy(self.capacity));
        }
        state.rows += batch.rows();
        state.jobs.push_back(Job {
            batch,
            reply,
            queued: Instant::now(),
        });
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.work.notify_one();
        }
        Ok(answer)
    }

    /// Waits for the next jobs of the thread of this number, whose earlier ones are done. None: the thread is to end.
    pub(super) fn take(&self, thread: u64, jobs: &mut Vec<Job>) -> Option<Instant> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            while state.jobs.front().is_some_and(|job| job.reply.is_closed()) {
                state.pop();
            }
            let Some(first) = state.jobs.front() else {
                state.idle += 1;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
                continue;
            };
            if !self.delay.is_zero() && state.rows < self.max_rows {
                let waited = first.queued.elapsed();
                if let Some(rest) = self.delay.checked_sub(waited).filter(|rest| !rest.is_zero()) {
                    state.idle += 1;
                    let woken = self.work.wait_timeout(state, rest);
                    state = woken.unwrap_or_else(PoisonError::into_inner).0;
                    state.idle -= 1;
                    continue;
                }
            }
            state.fill(self.max_rows, jobs);
            let now = Instant::now();
            state.busy.push((thread, now));
            if !state.jobs.is_empty() && state.idle > 0 {
                self.work.notify_one();
            }
            return Some(now);
        }
    }

    /// The thread of this number has done its batch. Returns whether it goes on: one that was given up does only when there are too few.
    pub(super) fn done(&self, thread: u64) -> bool {
        let mut state = self.lock();
        if let Some(place) = state.busy.iter().position(|(busy, _)| *busy == thread) {
            state.busy.swap_remove(place);
            return true;
        }
        state.stuck -= 1;
        self.metrics.stuck(state.stuck);
        let needed = !state.closed && state.live < self.threads;
        state.live += usize::from(needed);
        needed
    }

    /// Ends all threads that aren't stuck.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.refuse();
        drop(state);
        self.work.notify_all();
        self.ended.notify_all();
    }
}

impl State {
    fn pop(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front()?;
        self.rows -= job.batch.rows();
        Some(job)
    }

    /// Forgets the requests whose clients have gone.
    fn purge(&mut self) {
        self.jobs.retain(|job| !job.reply.is_closed());
        self.rows = self.jobs.iter().map(|job| job.batch.rows()).sum();
    }

    /// Takes the first job and as many of the next as stay below so many rows.
    fn fill(&mut self, max_rows: usize, jobs: &mut Vec<Job>) {
        let mut rows = 0;
        while let Some(next) = self.jobs.front() {
            // A job without rows counts too, so that a batch doesn't grow without limit.
            let more = next.batch.rows().max(1);
            if rows > 0 && rows + more > max_rows {
                return;
            }
            let Some(job) = self.pop() else { return };
            if !job.reply.is_closed() {
                rows += more;
                jobs.push(job);
            }
        }
    }

    /// Refuses all that wait.
    pub(super) fn refuse(&mut self) {
        self.rows = 0;
        for job in self.jobs.drain(..) {
            // Whoever has gone needs no answer.
            let _ = job.reply.send(Err(not_ready()));
        }
    }
}

fn not_ready() -> Refusal {
    Refusal::NotReady("the model doesn't work: its threads are stuck or can't be started".into())
}
