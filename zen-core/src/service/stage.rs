//! Where a service's process stands in its own life.

use std::time::Instant;

use tokio::sync::watch;

/// What a service's process is to do; it changes from top to bottom, and may leave stages out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Answer what comes.
    Serving,
    /// Another process has taken over the listening socket. Accept no connection any more, answer what the open ones
    /// still ask and close each with its next answer (`Connection: close`, GOAWAY), and end when none is left or at this time.
    /// Closing an idle connection would fail the request that its client is about to send.
    Retiring {
        /// The latest end.
        until: Instant,
    },
    /// The service is to stop: say that it isn't ready, accept nothing, finish what was asked, close idle connections, and end,
    /// at the latest at this time.
    Draining {
        /// The latest end.
        until: Instant,
    },
}

impl Stage {
    /// Whether new work is still asked for.
    pub fn is_serving(self) -> bool {
        self == Stage::Serving
    }

    /// When the process ends at the latest.
    pub fn until(self) -> Option<Instant> {
        match self {
            Stage::Serving => None,
            Stage::Retiring { until } | Stage::Draining { until } => Some(until),
        }
    }
}

/// Tells a service's process where it stands.
#[derive(Debug, Clone)]
pub struct Stages(watch::Receiver<Stage>);

impl Stages {
    pub(crate) fn new(stages: watch::Receiver<Stage>) -> Self {
        Self(stages)
    }

    /// The stage now.
    pub fn current(&self) -> Stage {
        *self.0.borrow()
    }

    /// Waits until the service is to end, and tells how. It may be asked in a `select!` again and again.
    pub async fn end(&mut self) -> Stage {
        let ended = self
            .0
            .wait_for(|stage| !stage.is_serving())
            .await
            .map(|stage| *stage);
        match ended {
            Ok(stage) => stage,
            // Whoever could say more is gone, and with it the process, soon.
            Err(_) => Stage::Draining {
                until: Instant::now(),
            },
        }
    }

    /// The channel itself.
    pub fn into_receiver(self) -> watch::Receiver<Stage> {
        self.0
    }
}
