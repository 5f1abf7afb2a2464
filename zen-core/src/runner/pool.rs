//! Threads for work that blocks: step bodies, encoding, storage.
//!
//! Not tokio's blocking pool: a hand-over there costs ten times as much, and a program could not end while a step's body that was given
//! up still runs there.

use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

type Job = Box<dyn FnOnce() + Send>;

/// How long a thread waits for work before it ends.
const IDLE: Duration = Duration::from_secs(10);

/// Room for step bodies that recurse deeply; only touched pages count.
const STACK: usize = 8 << 20;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    idle: usize,
    threads: usize,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    jobs: VecDeque::new(),
    idle: 0,
    threads: 0,
});
static WORK: Condvar = Condvar::new();

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `job` in a thread of the pool, a new one when none is idle: how much runs at once is the caller's to bound.
///
/// # Errors
/// When the system refuses the first thread. Later refusals only make jobs wait.
pub(crate) fn spawn(job: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut queue = queue();
    queue.jobs.push_back(Box::new(job));
    if queue.idle >= queue.jobs.len() {
        drop(queue);
        WORK.notify_one();
        return Ok(());
    }
    queue.threads += 1;
    drop(queue);
    let started = thread::Builder::new()
        .name("zen-worker".into())
        .stack_size(STACK)
        .spawn(work);
    let Err(error) = started else { return Ok(()) };
    let mut queue = self::queue();
    queue.threads -= 1;
    if queue.threads > 0 {
        return Ok(());
    }
    queue.jobs.pop_back();
    Err(error)
}

fn work() {
    let mut queue = queue();
    loop {
        if let Some(job) = queue.jobs.pop_front() {
            drop(queue);
            // A job catches its own panics; this is for those in the framework, so that one doesn't cost a thread.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
            queue = self::queue();
            continue;
        }
        queue.idle += 1;
        let (guard, wait) = WORK
            .wait_timeout(queue, IDLE)
            .unwrap_or_else(PoisonError::into_inner);
        queue = guard;
        queue.idle -= 1;
        if wait.timed_out() && queue.jobs.is_empty() {
            queue.threads -= 1;
            return;
        }
    }
}
