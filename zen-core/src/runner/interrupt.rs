//! Ctrl-C and SIGTERM.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::core::RunCore;

/// What a shell expects of a program that ended by Ctrl-C.
const INTERRUPTED: i32 = 130;

/// How long recording may hold up a program that is to end at once.
const MOMENT: Duration = Duration::from_secs(1);

#[derive(Default)]
struct State {
    runs: Vec<Weak<RunCore>>,
    /// How many others decide when the program ends.
    handlers: usize,
    /// Whether a listener is alive; it dies with the runtime it was started on.
    listening: Option<tokio::task::AbortHandle>,
}

static STATE: Mutex<State> = Mutex::new(State {
    runs: Vec::new(),
    handlers: 0,
    listening: None,
});

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While it lives, a signal cancels the runs that are watched and doesn't end the program: whoever has it decides about that.
#[derive(Debug)]
pub(crate) struct Interrupts(());

impl Interrupts {
    pub(crate) fn handle() -> Self {
        state().handlers += 1;
        Self(())
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        state().handlers -= 1;
    }
}

/// Cancels the run at the first Ctrl-C or SIGTERM; a second one ends the program at once.
pub(crate) fn watch(run: &Arc<RunCore>, runtime: &tokio::runtime::Handle) {
    let mut state = state();
    state.runs.retain(|run| run.strong_count() > 0);
    state.runs.push(Arc::downgrade(run));
    if state.listening.as_ref().is_none_or(|task| task.is_finished()) {
        listen_on(&mut state, runtime);
    }
}

/// What listens to signals from now on, when nothing does: a program that has listened to them once never gets the system's own way of ending
/// back.
pub(crate) fn listen_on_runtime(runtime: &tokio::runtime::Handle) {
    let mut state = state();
    if state.listening.as_ref().is_none_or(|task| task.is_finished()) {
        listen_on(&mut state, runtime);
    }
}

fn listen_on(state: &mut State, runtime: &tokio::runtime::Handle) {
    // Listened to from now on, and not from when the task first runs: by then a short run may be about to end.
    let entered = runtime.enter();
    let signals = Signals::listen();
    drop(entered);
    // Without, there is nothing to listen to: the default action stays.
    state.listening = signals.map(|signals| runtime.spawn(listen(signals)).abort_handle());
}

async fn listen(mut signals: Signals) {
    while signals.next().await {
        let runs: Vec<_> = state()
            .runs
            .iter()
            .filter_map(Weak::upgrade)
            .filter(|run| !run.is_finished() || run.is_calling_hooks())
            .collect();
        let ends = state().handlers == 0;
        // A run that was told before and still goes on: the user has lost patience.
        if ends && (runs.is_empty() || runs.iter().any(|run| run.was_interrupted())) {
            abandon(runs);
            crate::printing::screen::leave();
            std::process::exit(INTERRUPTED);
        }
        for run in runs {
            run.interrupt("interrupted (Ctrl-C or SIGTERM)");
        }
    }
}

/// Records that the runs were abandoned, if that takes no longer than a moment.
fn abandon(runs: Vec<Arc<RunCore>>) {
    let (done, waits) = std::sync::mpsc::channel();
    let record = move || {
        for run in &runs {
            run.abandon("interrupted twice (Ctrl-C or SIGTERM): ended at once");
        }
        // The receiver is gone when it took too long.
        let _ = done.send(());
    };
    if super::pool::spawn(record).is_ok() {
        let _ = waits.recv_timeout(MOMENT);
    }
}

impl Signals {
    /// None where there is nothing to listen to: then the system ends the program by itself.
    pub(crate) fn listen() -> Option<Self> {
        // On a runtime that was built without its driver of signals, tokio panics.
        std::panic::catch_unwind(Self::new).ok()?.ok()
    }
}

/// Ctrl-C and SIGTERM, from the moment on that this is made: the system no longer ends the program by itself then.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one; false when there will be none.
    pub(crate) async fn next(&mut self) -> bool {
        let received = tokio::select! {
            received = self.interrupt.recv() => received,
            received = self.terminate.recv() => received,
        };
        received.is_some()
    }
}

/// Ctrl-C and SIGTERM, from the moment on that this is made: the system no longer ends the program by itself then.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// Waits for the next one; false when there will be none.
    pub(crate) async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
