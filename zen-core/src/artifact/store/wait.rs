//! Waiting for a store from a thread that may block.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::Runtime;

/// Where the work of a store's futures is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wait {
    /// In the calling thread. The local and in-memory stores need nothing else when that thread belongs to no tokio runtime, as the
    /// runner's threads don't, which saves two thread switches an object.
    Here,
    /// In the calling thread too, but connections and timers belong to a runtime of their own, whose threads go on while the
    /// caller's is blocked.
    Runtime(&'static Runtime),
}

impl Wait {
    /// For stores behind a network. All of a process share one runtime, which is started by the first and ends with the process.
    ///
    /// # Errors
    /// When its threads can't be started; the next call tries again.
    pub(super) fn network() -> io::Result<Self> {
        static RUNTIME: Mutex<Option<&'static Runtime>> = Mutex::new(None);
        let mut started = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = *started {
            return Ok(Self::Runtime(runtime));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("zen-store")
            .enable_all()
            .build()?;
        let runtime = &*Box::leak(Box::new(runtime));
        *started = Some(runtime);
        Ok(Self::Runtime(runtime))
    }

    /// Whether the store is behind a network.
    pub(super) fn is_network(self) -> bool {
        matches!(self, Self::Runtime(_))
    }

    pub(super) fn on<F>(self, future: F) -> F::Output
    where
        F: Future + Send,
        F::Output: Send,
    {
        match self {
            Self::Here => block_on(future),
            Self::Runtime(runtime) => {
                // Not `Runtime::block_on`, which panics in a thread of another runtime.
                let _entered = runtime.enter();
                block_on(future)
            }
        }
    }
}

/// Wakes a thread; remembers it, because others may use the thread's own token in between.
struct Alarm {
    thread: Thread,
    rung: AtomicBool,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

/// Like `futures::executor::block_on`, which panics inside itself: a caller may be waited for by it.
fn block_on<F: Future>(future: F) -> F::Output {
    // In a task of a tokio runtime, tokio counts what the future does against that task, and at some number makes it wait for the
    // task's next turn. It never comes, because the task is what waits here.
    let mut future = pin!(tokio::task::unconstrained(future));
    let alarm = Arc::new(Alarm {
        thread: thread::current(),
        rung: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&alarm));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        while !alarm.rung.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}
