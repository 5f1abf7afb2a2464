//! What is kept of how a schedule's runs are to be launched.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Schedule, SchedulingError};
use crate::graph::{ErasedPipeline, OutputRef};
use crate::metadata::ScheduleRecord;
use crate::runner::{FailurePolicy, Launch};

/// When a schedule is due, as it was asked for, and since when that holds: an interval without a start counts from there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timing {
    pub(crate) schedule: Schedule,
    pub(crate) since: DateTime<Utc>,
}

impl Timing {
    pub(crate) fn of(record: &ScheduleRecord) -> Result<Self, SchedulingError> {
        read(record, "time table", &record.timing)
    }

    /// The schedule with all its slots fixed in time.
    pub(crate) fn fixed(&self) -> Schedule {
        self.schedule.clone().anchored(self.since)
    }
}

/// How runs are launched and what follows them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<FailurePolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parallel: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<String>,
    /// After so many failures in a row it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pause_after: Option<u32>,
    /// Whether the program that made the schedule can be started to execute a run.
    pub(crate) startable: bool,
    /// The names of registered hooks that are called when a slot is settled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) on_success: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) on_failure: Vec<String>,
}

impl Options {
    pub(crate) fn of(record: &ScheduleRecord) -> Result<Self, SchedulingError> {
        read(record, "options", &record.options)
    }

    pub(crate) fn launch(&self, pipeline: ErasedPipeline) -> Launch<Vec<OutputRef>> {
        let mut launch = pipeline.launch();
        if let Some(cache) = self.cache {
            launch = launch.cache(cache);
        }
        if let Some(failure) = self.failure {
            launch = launch.failure(failure);
        }
        if let Some(parallel) = self.parallel {
            launch = launch.parallel(parallel);
        }
        for tag in &self.tags {
            launch = launch.tag(tag);
        }
        launch
    }
}

fn read<T: serde::de::DeserializeOwned>(
    record: &ScheduleRecord,
    what: &'static str,
    value: &serde_json::Value,
) -> Result<T, SchedulingError> {
    serde_json::from_value(value.clone()).map_err(|error| SchedulingError::Unreadable {
        schedule: record.name.clone(),
        what,
        reason: error.to_string(),
    })
}
