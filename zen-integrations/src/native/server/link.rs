//! What is known of a connection.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What is known of a connection, by whoever reads from it and whoever answers its requests.
///
/// Times are nanoseconds since the connection was opened.
pub(in crate::native) struct Link {
    opened: Instant,
    http2: AtomicBool,
    /// The head of a request is coming, since [`since`](Self::since). Also before the first request.
    head: AtomicBool,
    since: AtomicU64,
    requests: AtomicU32,
    answering: AtomicU32,
}

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// It waits for its first request, or the head of the next one is coming, since then.
    Head(Instant),
    /// Requests are being answered.
    Answering,
    /// All requests are answered, since then.
    Idle(Instant),
}

impl Link {
    pub(super) fn new() -> Self {
        Self {
            opened: Instant::now(),
            http2: AtomicBool::new(false),
            head: AtomicBool::new(true),
            since: AtomicU64::new(0),
            requests: AtomicU32::new(0),
            answering: AtomicU32::new(0),
        }
    }

    fn set_since(&self, now: Instant) {
        let since = now.saturating_duration_since(self.opened).as_nanos();
        self.since
            .store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// It speaks HTTP/2, in which heads of requests can't be told from other traffic.
    pub(super) fn set_http2(&self) {
        self.http2.store(true, Ordering::Relaxed);
        self.head.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_http2(&self) -> bool {
        self.http2.load(Ordering::Relaxed)
    }

    /// Bytes have come.
    pub(super) fn received(&self) {
        if !self.head.load(Ordering::Relaxed)
            && self.answering.load(Ordering::Relaxed) == 0
            && !self.is_http2()
        {
            self.set_since(Instant::now());
            self.head.store(true, Ordering::Relaxed);
        }
    }

    /// A request begins.
    pub(in crate::native) fn begin(&self, http2: bool) {
        self.answering.fetch_add(1, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.head.store(false, Ordering::Relaxed);
        if http2 {
            self.set_http2();
        }
    }

    /// A request is answered.
    pub(in crate::native) fn end(&self, now: Instant) {
        self.set_since(now);
        self.answering.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many requests there were. It may begin again at 0.
    pub(super) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn doing(&self) -> Doing {
        if self.answering.load(Ordering::Relaxed) > 0 {
            return Doing::Answering;
        }
        let since = self.opened + Duration::from_nanos(self.since.load(Ordering::Relaxed));
        match self.head.load(Ordering::Relaxed) {
            true => Doing::Head(since),
            false => Doing::Idle(since),
        }
    }
}
