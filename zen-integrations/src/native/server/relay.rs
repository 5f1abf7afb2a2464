//! Wake-ups of a connection by itself.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// How often a connection that woke itself is polled again at once; then it has to queue with the others.
const AGAIN: u32 = 2;

/// Nobody polls, and nobody has woken.
const IDLE: u8 = 0;
/// It is being polled.
const POLLING: u8 = 1;
/// It has been woken, since its last poll began.
const WOKEN: u8 = 2;

/// Polls a connection again at once when it woke itself.
///
/// Whoever takes the body of a request from hyper wakes the connection's task, which is the task that takes it. The runtime would
/// queue that task once more and wake another of its threads to help, which finds nothing to do: several microseconds a request.
pub(super) struct Relay {
    waker: Waker,
    shared: Arc<Shared>,
}

struct Shared {
    state: AtomicU8,
    task: Mutex<Waker>,
}

impl Relay {
    pub(super) fn new() -> Self {
        let shared = Arc::new(Shared {
            state: AtomicU8::new(IDLE),
            task: Mutex::new(Waker::noop().clone()),
        });
        Self {
            waker: Arc::clone(&shared).into(),
            shared,
        }
    }

    /// Polls with a waker that reaches the task only when this isn't polling.
    pub(super) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.shared.wakes(cx.waker());
        let state = &self.shared.state;
        for _ in 0..=AGAIN {
            state.swap(POLLING, Ordering::AcqRel);
            if let Poll::Ready(value) = poll(&mut Context::from_waker(&self.waker)) {
                return Poll::Ready(value);
            }
            let quiet = state.compare_exchange(POLLING, IDLE, Ordering::AcqRel, Ordering::Acquire);
            if quiet.is_ok() {
                return Poll::Pending;
            }
        }
        // It stays woken until it is polled again, so that nobody else wakes it too.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Shared {
    fn wakes(&self, waker: &Waker) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.clone_from(waker);
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, Ordering::AcqRel) == IDLE {
            let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
            task.wake_by_ref();
        }
    }
}
