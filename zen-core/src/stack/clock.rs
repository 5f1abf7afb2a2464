//! The wall clock and the monotonic one, which tests replace.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

/// Tells the time of day, how much time has passed, and when it is time.
///
/// The time of day may jump: it is set by people and by other machines. What has passed is told by [`monotonic`](Self::monotonic) alone.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Now, as the clock on the wall shows it.
    fn now(&self) -> DateTime<Utc>;

    /// How much time has passed since some moment before: never falls, and knows nothing of what the wall clock does. Whether it goes on
    /// while the machine is suspended is the system's choice (on Linux it does not).
    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    /// Returns when the wall clock shows `until`, but after `at_most` in any case: whoever waits looks again, since the wall clock may have
    /// jumped. `seen` is the time at which the caller looked last: a clock that shows another one because it was moved meanwhile returns at once.
    fn wait(
        &self,
        seen: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
        at_most: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let _ = seen;
        let left = until.map_or(at_most, |until| {
            // It is negative when the time has come.
            (until - self.now()).to_std().unwrap_or_default().min(at_most)
        });
        Box::pin(tokio::time::sleep(left))
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is moved. Whoever waits for it is woken by every move.
#[derive(Debug)]
pub struct ManualClock {
    state: Mutex<State>,
    moved: Notify,
}

#[derive(Debug)]
struct State {
    now: DateTime<Utc>,
    passed: Duration,
}

impl ManualClock {
    /// A clock that shows this time.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            state: Mutex::new(State {
                now,
                passed: Duration::ZERO,
            }),
            moved: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves it, forward or back. Forward, as much time has passed; back, as when somebody sets the clock.
    pub fn advance(&self, by: TimeDelta) {
        self.change(by, by.to_std().unwrap_or_default());
    }

    /// Sets the wall clock forward or back, without any time passing: as people and time servers do, and as it looks when the machine was
    /// suspended.
    pub fn jump(&self, by: TimeDelta) {
        self.change(by, Duration::ZERO);
    }

    fn change(&self, by: TimeDelta, passed: Duration) {
        let mut state = self.state();
        state.now += by;
        state.passed += passed;
        drop(state);
        self.moved.notify_waiters();
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.state().now
    }

    fn monotonic(&self) -> Duration {
        self.state().passed
    }

    fn wait(
        &self,
        seen: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
        _: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let notified = self.moved.notified();
            tokio::pin!(notified);
            // Registered before the look, so that no move is overlooked.
            notified.as_mut().enable();
            let now = self.now();
            if now == seen && until.is_none_or(|until| until > now) {
                notified.await;
            }
        })
    }
}
