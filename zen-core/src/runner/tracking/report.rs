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
    /// It has begun.
    pub(super) fn begun(&mut self, id: &str, url: Option<String>) {
        self.record.id = Some(id.to_owned());
        self.record.url = url;
        self.write();
    }

    /// The first failure is told at once, so that somebody may mend what is wrong.
    pub(super) fn failed(&mut self, error: &TrackingError) {
        if self.record.error.is_some() {
            return;
        }
        self.record.error = Some(error.to_string());
        self.write();
        let waits = match error {
            TrackingError::Unavailable { .. } => "the run goes on, and what is to be tracked waits",
            _ => "the run goes on",
        };
        self.warn(format!("{error}; {waits}"));
    }

    /// Records how it ended, and tells what is lost. `ended`: the tracker knows how the run ended.
    pub(super) fn settle(&mut self, ended: bool, lost: Lost) {
        self.record.state = match (ended, lost.is_empty()) {
            (true, true) => TrackingState::Delivered,
            (true, false) => TrackingState::Incomplete,
            (false, _) => TrackingState::Lost,
        };
        self.record.undelivered = lost.into_list();
        if self.record.state == TrackingState::Delivered {
            // What failed at first was delivered in the end.
            self.record.error = None;
        }
        self.write();
        if self.record.state == TrackingState::Delivered {
            return;
        }
        let mut missing = told(&self.record.undelivered);
        if !ended {
            missing.push_str(match missing.is_empty() {
                true => "how the run ended",
                false => ", and how the run ended",
            });
        }
        self.warn(format!(
            "not delivered to the experiment tracker at {}: {missing}; the run has recorded all of it itself, and what the tracker lacks",
            self.record.location
        ));
    }

    /// Never fails the run; whoever looks sees what was written last.
    fn write(&mut self) {
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
