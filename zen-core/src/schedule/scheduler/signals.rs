//! Ctrl-C and SIGTERM, for a scheduler.

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::runner::{InterruptSignals, Interrupts};

/// What a shell expects of a program that ended by Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Counts the signals since the scheduler began. The first stops it, the second cancels its runs, the third ends the program.
pub(super) struct Signals {
    count: watch::Receiver<u32>,
    /// Kept open where nothing listens.
    _open: Option<watch::Sender<u32>>,
    listening: Option<AbortHandle>,
}

impl Signals {
    pub(super) fn listen(yes: bool) -> Self {
        let (signals, count) = watch::channel(0);
        let mut this = Self {
            count,
            _open: None,
            listening: None,
        };
        // Where there is nothing to listen to, the default action stays.
        let heard = if yes { InterruptSignals::listen() } else { None };
        let Some(mut heard) = heard else {
            this._open = Some(signals);
            return this;
        };
        // Runs of the program that no scheduler started are cancelled by a signal as ever, but don't end the program.
        let interrupts = Interrupts::handle();
        let listening = tokio::spawn(async move {
            let _interrupts = interrupts;
            while heard.next().await {
                signals.send_modify(|count| *count += 1);
                if *signals.borrow() > 2 {
                    crate::printing::screen::leave();
                    std::process::exit(INTERRUPTED);
                }
            }
            std::future::pending::<()>().await;
        });
        this.listening = Some(listening.abort_handle());
        this
    }

    pub(super) async fn first(&mut self) {
        self.reach(1).await;
    }

    pub(super) async fn second(&mut self) {
        self.reach(2).await;
    }

    async fn reach(&mut self, signals: u32) {
        if self.count.wait_for(|count| *count >= signals).await.is_err() {
            // The task that listens is gone with its runtime.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // A program that was told to end is about to do so: a second signal changes nothing about that, and a third one ends it at once.
        if *self.count.borrow() > 0 {
            return;
        }
        if let Some(listening) = &self.listening {
            // What the program does next is to be ended by a signal as anything else is.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                crate::runner::listen_to_interrupts(&runtime);
            }
            listening.abort();
        }
    }
}
