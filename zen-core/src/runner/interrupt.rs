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
        state.listening = Some(runtime.spawn(listen()).abort_handle());
    }
}

async fn listen() {
    loop {
        if signal().await.is_err() {
            // Nothing to listen to on this system: the default action stays.
            return;
        }
        let runs: Vec<_> = state()
            .runs
            .iter()
            .filter_map(Weak::upgrade)
            .filter(|run| !run.is_finished())
            .collect();
        let ends = state().handlers == 0;
        // A run that was told before and still goes on: the user has lost patience.
        if ends && (runs.is_empty() || runs.iter().any(|run| run.cancel_reason().is_some())) {
            abandon(runs);
            crate::printing::screen::leave();
            std::process::exit(INTERRUPTED);
        }
        for run in runs {
            run.cancel("interrupted (Ctrl-C or SIGTERM)");
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

/// Waits for Ctrl-C or SIGTERM. From the first call on, the system no longer ends the program by itself.
#[cfg(unix)]
pub(crate) async fn signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
