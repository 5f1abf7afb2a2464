//! Where a service's process stands in its own life.

use std::time::Instant;

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
