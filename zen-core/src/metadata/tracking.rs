//! What an experiment tracker has of a run.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How far the tracking of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TrackingState {
    /// The run goes on, as far as the tracker knows.
    Open,
    /// The tracker has everything, and how the run ended.
    Delivered,
    /// The tracker knows how the run ended, and lacks something: [`TrackingRecord::undelivered`].
    Incomplete,
    /// The tracker doesn't know that the run has ended, or doesn't know the run. Of one that it knows, it is told when the next run begins.
    Lost,
}

impl TrackingState {
    const ALL: [Self; 4] = [Self::Open, Self::Delivered, Self::Incomplete, Self::Lost];

    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Delivered => "delivered",
            Self::Incomplete => "incomplete",
            Self::Lost => "lost",
        }
    }
}

impl fmt::Display for TrackingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no state of a run's tracking")]
pub struct ParseTrackingStateError(pub String);

impl FromStr for TrackingState {
    type Err = ParseTrackingStateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| ParseTrackingStateError(text.to_owned()))
    }
}

/// Something that was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// What: ``metric `loss` of step `trainer` ``.
    pub what: String,
    /// How many of it.
    pub count: u64,
}

/// What an experiment tracker has of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackingRecord {
    /// The run.
    pub run: Uuid,
    /// Where the tracker is, without credentials.
    pub location: String,
    /// The run's id there; none as long as it isn't begun.
    pub id: Option<String>,
    /// Where people see it.
    pub url: Option<String>,
    /// How far it is.
    pub state: TrackingState,
    /// What was not delivered, sorted. Of very many different things the last entry counts the rest.
    pub undelivered: Vec<Undelivered>,
    /// The first failure for which something was not delivered.
    pub error: Option<String>,
    /// When this was written.
    pub updated: DateTime<Utc>,
}
