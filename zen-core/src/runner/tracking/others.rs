//! Runs that other programs began there and could not end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::deliver::Delivery;
use crate::metadata::{Change, TrackingRecord, TrackingState};
use crate::tracking::TrackingError;

/// How long they are ended.
const FOR_OTHERS: Duration = Duration::from_secs(3);
/// How many are ended by one run.
const UNENDED: u32 = 20;
/// A run that has ended by itself is about to be ended there too by its own program.
const ITS_OWN: chrono::TimeDelta = chrono::TimeDelta::minutes(2);

impl Delivery {
    /// Ends what other programs began and could not end. Not important enough to be tried twice, or for long.
    pub(super) fn end_others(&mut self) {
        let begun = Instant::now();
        let metadata = Arc::clone(self.report.stack.metadata());
        let unended = metadata.unended_trackings(&self.report.record.location, UNENDED);
        for other in unended.unwrap_or_default() {
            if begun.elapsed() > FOR_OTHERS || self.queue.until().is_some_and(|until| until < Instant::now())
            {
                return;
            }
            let Ok(Some(run)) = metadata.run(other.run) else {
                continue;
            };
            let ended = run.ended.unwrap_or(other.updated);
            let is_left = run.died || ended + ITS_OWN < self.report.now();
            let Some(id) = other.id.clone().filter(|_| is_left) else {
                continue;
            };
            let tracker = Arc::clone(&self.tracker);
            let told = self.once(&mut || tracker.end_lost(&id, run.status, ended));
            let refused = match told {
                Ok(()) => None,
                Err(TrackingError::Unavailable { .. }) => return,
                // However often it is told.
                Err(error) => Some(error.to_string()),
            };
            let error = "its program could not deliver everything".to_owned();
            let record = TrackingRecord {
                state: TrackingState::Incomplete,
                error: other.error.clone().or(refused).or(Some(error)),
                updated: self.report.now(),
                ..other
            };
            // Whoever can't write it tells the tracker again.
            let _ = metadata.apply(&[Change::Tracking(Box::new(record))]);
        }
    }
}
