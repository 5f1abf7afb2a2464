//! When the process of a service ends.

use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::leaving::Left;
use super::{ending, from_now};
use crate::service::Stage;

/// How much longer than its own time a service may take, which keeps to it by itself.
const GRACE: Duration = Duration::from_secs(1);

/// Writes a line without secrets to the log. A disk that is full is no reason to panic, as `eprintln!` would.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let text = format!($($text)*);
        let _ = writeln!(std::io::stderr(), "{}", crate::secrets::redact(&text));
    }};
}
pub(super) use say;

/// How this process's end is brought about. Clones are the same.
#[derive(Clone)]
pub(super) struct Life {
    stage: Arc<watch::Sender<Stage>>,
    /// A handle for the next version. Gone once this one ends: a socket that nobody accepts from must not keep clients waiting.
    listener: Arc<Mutex<Option<TcpListener>>>,
    drain: Duration,
    left: Left,
}

impl Life {
    pub(super) fn new(listener: TcpListener, drain: Duration) -> Self {
        Self {
            stage: Arc::new(watch::channel(Stage::Serving).0),
            listener: Arc::new(Mutex::new(Some(listener))),
            drain,
            left: Left::default(),
        }
    }

    /// Whether the service has stopped accepting.
    pub(super) fn left(&self) -> &Left {
        &self.left
    }

    pub(super) fn stages(&self) -> watch::Receiver<Stage> {
        self.stage.subscribe()
    }

    /// The listening socket, until the end begins.
    pub(super) fn listener(&self) -> MutexGuard<'_, Option<TcpListener>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another version is in charge.
    pub(super) fn retire(&self) {
        self.end(Stage::Retiring {
            until: from_now(self.drain),
        });
    }

    /// The service is to stop.
    pub(super) fn drain(&self) {
        self.end(Stage::Draining {
            until: from_now(self.drain),
        });
    }

    /// A shorter time replaces a longer one, never the other way round.
    fn end(&self, next: Stage) {
        self.stage.send_modify(|stage| {
            let sooner = match (stage.until(), next.until()) {
                (Some(now), Some(then)) => Some(now.min(then)),
                (now, then) => now.or(then),
            };
            *stage = match (next, sooner) {
                (Stage::Retiring { .. }, Some(until)) if !matches!(stage, Stage::Draining { .. }) => {
                    Stage::Retiring { until }
                }
                (_, Some(until)) => Stage::Draining { until },
                (next, None) => next,
            };
        });
        *self.listener() = None;
    }
}

/// Asks the service to end when the process gets a SIGTERM, and ends the process when the service doesn't end in time.
///
/// In a runtime of its own: the service's code may block all threads of the one it runs in.
pub(super) fn keep_time(life: Life, version: u32) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut terminate = {
        let _inside = runtime.enter();
        signal(SignalKind::terminate())?
    };
    let mut seen = life.stages();
    let asked = async move {
        while terminate.recv().await.is_some() {
            say!("zen: asked to stop (SIGTERM)");
            life.drain();
        }
    };
    let overdue = async move {
        loop {
            let until = seen.borrow_and_update().until();
            let late = async {
                match until {
                    Some(until) => tokio::time::sleep_until((until + GRACE).into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = late => return,
                // An error means that nobody changes it any more.
                changed = seen.changed() => if changed.is_err() { std::future::pending().await },
            }
        }
    };
    let watch = move || {
        runtime.block_on(async {
            tokio::select! {
                () = asked => {}
                () = overdue => {}
            }
        });
        say!("zen: version {version} ends with requests unfinished: its time to drain is over");
        leave(0);
    };
    std::thread::Builder::new()
        .name("zen-lifetime".into())
        .spawn(watch)?;
    Ok(())
}

/// Ends this process at once, and what it has started.
pub(super) fn leave(code: i32) -> ! {
    ending::end_session();
    std::process::exit(code)
}
