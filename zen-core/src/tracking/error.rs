//! What goes wrong with trackers.

use std::time::Duration;

/// Why something could not be delivered to an experiment tracker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrackingError {
    /// It can't be reached, or can't answer now: worth another try.
    #[error("the experiment tracker at {location} is unavailable: {reason}")]
    Unavailable {
        /// Where it is, without credentials.
        location: String,
        /// What happened.
        reason: String,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// It doesn't take this, however often it is tried: of a batch, everything else is tried without it.
    #[error("the experiment tracker at {location} refuses: {reason}")]
    Refused {
        /// Where it is, without credentials.
        location: String,
        /// What it said.
        reason: String,
    },
    /// It takes nothing from this program: a wrong token, say. Nothing more of the run is tried.
    #[error("the experiment tracker at {location} takes nothing from this program: {reason}")]
    Denied {
        /// Where it is, without credentials.
        location: String,
        /// What it said.
        reason: String,
    },
}
