//! What becomes of a run's tracking, as it is recorded and told.

use std::sync::Weak;

use chrono::{DateTime, Utc};

use super::lost::{Lost, told};
use crate::metadata::{Change, TrackingRecord, TrackingState};
use crate::runner::core::RunCore;
use crate::runner::events::RunEvent;
use crate::stack::Stack;
use crate::tracking::TrackingError;

/// The record of a run's tracking, and whom to tell.
#[derive(Clone)]
pub(super) struct Report {
    pub(super) stack: Stack,
    /// Must not keep the run alive.
    pub(super) core: Weak<RunCore>,
    pub(super) record: TrackingRecord,
}

impl Report {
    /// Takes note of the first failure; false when there was one before.
    pub(super) fn failed(&mut self, error: &TrackingError) -> bool {
        let is_first = self.record.error.is_none();
        if is_first {
            self.record.error = Some(error.to_string());
        }
        is_first
    }

    /// Takes note of how it ended, and says what is to be told of what is lost. `ended`: the tracker knows how the run ended.
    pub(super) fn settle(&mut self, ended: bool, lost: Lost) -> Option<String> {
        self.record.state = match (ended, lost.is_empty()) {
            (true, true) => TrackingState::Delivered,
            (true, false) => TrackingState::Incomplete,
            (false, _) => TrackingState::Lost,
        };
        self.record.undelivered = lost.into_list();
        if self.record.state == TrackingState::Delivered {
            // What failed at first was delivered in the end.
            self.record.error = None;
            return None;
        }
        let mut missing = told(&self.record.undelivered);
        if !ended {
            missing.push_str(match missing.is_empty() {
                true => "how the run ended",
                false => ", and how the run ended",
            });
        }
        Some(format!(
            "not delivered to the experiment tracker at {}: {missing}; the run has recorded all of it itself, and what the tracker lacks",
            self.record.location
        ))
    }

    /// Never fails the run; whoever looks sees what was written last.
    pub(super) fn write(&mut self) {
        self.record.updated = self.now();
        let change = Change::Tracking(Box::new(self.record.clone()));
        if let Err(error) = self.stack.metadata().apply(&[change]) {
            tracing::debug!(%error, "what the experiment tracker has can't be recorded");
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.stack.clock().now()
    }

    /// Also where nobody is told of progress.
    pub(super) fn warn(&self, message: String) {
        let core = self.core.upgrade();
        match core.filter(|core| core.is_observed()) {
            Some(core) => core.tell(|| RunEvent::Warning { message }),
            None => crate::printing::err(&format!("warning: {message}")),
        }
    }
}
