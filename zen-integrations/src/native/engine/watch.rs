//! Giving up threads that are stuck.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::queue::{Shared, State};
use super::worker;

/// How soon the watcher looks again when threads are missing.
const AGAIN: Duration = Duration::from_secs(1);

/// Watches over the threads until the engine ends.
///
/// A batch that begins while the watcher sleeps can't be overdue before it wakes: it never sleeps longer than a batch may take. So
/// nobody has to wake it, and it is still in time.
pub(super) fn watch(shared: &Arc<Shared>, timeout: Duration) {
    let mut state = shared.lock();
    while !state.closed {
        let now = Instant::now();
        give_up(shared, &mut state, now, timeout);
        worker::start(shared, &mut state);
        if state.live == 0 {
            state.refuse();
        }
        let oldest = state.busy.iter().map(|(_, began)| *began).min();
        let mut sleep = oldest.map_or(timeout, |began| timeout.saturating_sub(now.duration_since(began)));
        if shared.may_start(&state) {
            sleep = sleep.min(AGAIN);
        }
        let woken = shared.ended.wait_timeout(state, sleep);
        state = woken.unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn give_up(shared: &Shared, state: &mut State, now: Instant, timeout: Duration) {
    let before = state.busy.len();
    state
        .busy
        .retain(|(_, began)| now.duration_since(*began) < timeout);
    let overdue = before - state.busy.len();
    if overdue > 0 {
        state.live -= overdue;
        state.stuck += overdue;
        shared.metrics.stuck(state.stuck);
        tracing::warn!(
            stuck = state.stuck,
            "the model has been in one batch for longer than {timeout:?}: its thread is given up"
        );
    }
}
