//! A thread that predicts.

use std::sync::Arc;
use std::time::Instant;

use super::guard::guarded;
use super::queue::{Job, Shared, State};
use crate::native::Refusal;

/// Starts threads until there are enough, unless too many are stuck.
pub(super) fn start(shared: &Arc<Shared>, state: &mut State) {
    while shared.may_start(state) {
        let number = state.next;
        let worker = Worker {
            shared: Arc::clone(shared),
            number,
            given_up: false,
        };
        let thread = std::thread::Builder::new().name(format!("zen-model-{number}"));
        // A thread that starts waits for the lock that our caller holds.
        if let Err(error) = thread.spawn(move || worker.run()) {
            tracing::error!(%error, "a thread for the model can't be started");
            return;
        }
        state.next += 1;
        state.live += 1;
    }
}

struct Worker {
    shared: Arc<Shared>,
    number: u64,
    /// The thread is counted as stuck, or as nothing any more.
    given_up: bool,
}

impl Worker {
    fn run(mut self) {
        let mut jobs = Vec::new();
        while let Some(now) = self.shared.take(self.number, &mut jobs) {
            self.predict(jobs.drain(..), now);
            if !self.shared.done(self.number) {
                self.given_up = true;
                return;
            }
        }
    }

    fn predict(&self, jobs: impl ExactSizeIterator<Item = Job>, now: Instant) {
        let shared = &self.shared;
        let (mut batches, mut replies) = (Vec::with_capacity(jobs.len()), Vec::with_capacity(jobs.len()));
        let mut rows = 0;
        for job in jobs {
            shared.metrics.queued(now.saturating_duration_since(job.queued));
            rows += job.batch.rows();
            batches.push(job.batch);
            replies.push(job.reply);
        }
        shared.metrics.batch(rows);
        // A client that has gone meanwhile needs no answer: that is why results of `send` are ignored.
        let failure = match guarded(|| shared.model.predict(batches)) {
            Ok(results) if results.len() == replies.len() => {
                for (reply, result) in replies.into_iter().zip(results) {
                    let _ = reply.send(result.map_err(Refusal::from));
                }
                return;
            }
            Ok(results) => Refusal::Model(format!(
                "the model gave {} results for {} batches",
                results.len(),
                replies.len()
            )),
            Err(panicked) => panicked,
        };
        for reply in replies {
            let _ = reply.send(Err(failure.clone()));
        }
    }
}

impl Drop for Worker {
    /// Also when the thread panics, so that another is started.
    fn drop(&mut self) {
        if self.given_up {
            return;
        }
        let mut state = self.shared.lock();
        match state.busy.iter().position(|(busy, _)| *busy == self.number) {
            Some(place) => {
                state.busy.swap_remove(place);
                state.live -= 1;
            }
            // Idle, or given up while it ran; a panic outside the model's code comes only when results are dropped.
            None if std::thread::panicking() => state.stuck = state.stuck.saturating_sub(1),
            None => state.live -= 1,
        }
        drop(state);
        self.shared.ended.notify_all();
    }
}
