//! The thread that speaks to the experiment tracker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::feed;
use super::lost::Lost;
use super::queue::{End, Next, Queue};
use super::report::Report;
use crate::client::ArtifactView;
use crate::metadata::{Change, TrackingRecord, TrackingState};
use crate::tracking::{
    CurrentRun, ExperimentTracker, RunWriter, TrackedArtifact, TrackedBatch, TrackedRun, TrackingError,
};

/// The first pause before another try; each further one is twice as long, up to [`LONGEST`].
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);
/// How many runs whose program died are ended by one that begins.
const UNENDED: u32 = 20;
/// A run that has ended by itself is about to be ended there too by its own program.
const ITS_OWN: chrono::TimeDelta = chrono::TimeDelta::minutes(2);

/// What isn't delivered.
enum Failed {
    /// Only this: something else may be.
    This,
    /// Nothing more.
    All,
}

/// Nothing more is delivered.
struct Stopped;

/// What the thread works with.
pub(super) struct Delivery {
    pub(super) queue: Arc<Queue>,
    pub(super) tracker: Arc<dyn ExperimentTracker>,
    pub(super) run: TrackedRun,
    pub(super) current: Arc<CurrentRun>,
    pub(super) report: Report,
}

impl Delivery {
    /// Until the run's end is delivered, or given up.
    pub(super) fn run(mut self) {
        let ended = self.deliver().is_ok();
        self.current.given_up();
        if !ended {
            // Until the run has ended there may be more that is lost.
            self.queue.close();
            self.queue.wait_for_end();
        }
        let lost = {
            let mut state = self.queue.state();
            (!state.abandoned).then(|| std::mem::take(&mut state.lost))
        };
        if let Some(lost) = lost {
            self.report.settle(ended, lost);
        }
        self.queue.done();
    }

    fn deliver(&mut self) -> Result<(), Stopped> {
        let (tracker, run) = (Arc::clone(&self.tracker), self.run.clone());
        let begun = self.tried(&mut || tracker.begin(&run));
        let mut writer = begun.map_err(|_| Stopped)?;
        self.current.begun(writer.id());
        self.report.begun(writer.id(), writer.url());
        self.end_others();
        let batch_size = self.tracker.batch_size();
        loop {
            match self.queue.next(batch_size) {
                Next::Batch(batch) => self.batch(&mut *writer, batch)?,
                Next::Adopted { step, source } => self.adopted(&mut *writer, &step, source)?,
                Next::Artifact {
                    step,
                    output,
                    artifact,
                } => self.artifact(&mut *writer, &step, &output, artifact)?,
                Next::End(End { status, ended, .. }) => {
                    let ended = self.tried(&mut || writer.end(status, ended));
                    return ended.map_err(|_| Stopped);
                }
            }
            self.queue.state().under_way = Lost::default();
        }
    }

    /// Tries until it works, it is refused, or the time is over.
    fn tried<T>(&mut self, work: &mut dyn FnMut() -> Result<T, TrackingError>) -> Result<T, Failed> {
        let mut pause = PAUSE;
        loop {
            let tried = catch_unwind(AssertUnwindSafe(&mut *work)).unwrap_or_else(|_| {
                Err(TrackingError::Denied {
                    location: self.report.record.location.clone(),
                    reason: "the tracker's code in this program panicked".into(),
                })
            });
            let error = match tried {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            self.report.failed(&error);
            match error {
                TrackingError::Refused { .. } => return Err(Failed::This),
                TrackingError::Denied { .. } => return Err(Failed::All),
                TrackingError::Unavailable { .. } => {}
            }
            if !self.queue.pause(pause) {
                return Err(Failed::All);
            }
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// Logs what can be logged of a batch: what is refused is looked for by halves, and left out.
    fn batch(&mut self, writer: &mut dyn RunWriter, batch: TrackedBatch) -> Result<(), Stopped> {
        if batch.is_empty() {
            return Ok(());
        }
        match self.tried(&mut || writer.log(&batch)) {
            Ok(()) => Ok(()),
            Err(Failed::All) => {
                self.queue.state().lost.batch(&batch);
                Err(Stopped)
            }
            Err(Failed::This) if batch.len() == 1 => {
                self.queue.state().lost.batch(&batch);
                Ok(())
            }
            Err(Failed::This) => {
                let (first, second) = halves(batch);
                let first = self.batch(writer, first);
                if first.is_err() {
                    self.queue.state().lost.batch(&second);
                    return first;
                }
                self.batch(writer, second)
            }
        }
    }

    /// The metrics of the step that was executed once count for this run too.
    fn adopted(&mut self, writer: &mut dyn RunWriter, step: &str, source: Uuid) -> Result<(), Stopped> {
        let metrics = self.report.stack.metadata().metrics(source);
        for metrics in metrics
            .unwrap_or_default()
            .chunks(self.tracker.batch_size().max(1))
        {
            let batch = TrackedBatch {
                metrics: metrics.iter().map(|metric| feed::tracked(step, metric)).collect(),
                ..TrackedBatch::default()
            };
            self.batch(writer, batch)?;
        }
        Ok(())
    }

    fn artifact(
        &mut self,
        writer: &mut dyn RunWriter,
        step: &str,
        output: &str,
        id: Uuid,
    ) -> Result<(), Stopped> {
        let stack = self.report.stack.clone();
        // Pruned meanwhile, or the store fails: the run's own records say why.
        let record = stack.metadata().artifact(id).ok().flatten();
        let logged = match record {
            Some(record) => {
                let view = ArtifactView::new(stack, record);
                let artifact = TrackedArtifact {
                    step,
                    output,
                    artifact: &view,
                };
                self.tried(&mut || writer.log_artifact(&artifact))
            }
            None => Err(Failed::This),
        };
        if logged.is_err() {
            self.queue.state().lost.artifact(step, output);
        }
        match logged {
            Err(Failed::All) => Err(Stopped),
            Ok(()) | Err(Failed::This) => Ok(()),
        }
    }

    /// Ends what other programs began and could not end. Not important enough to be tried twice.
    fn end_others(&mut self) {
        let metadata = Arc::clone(self.report.stack.metadata());
        let unended = metadata.unended_trackings(&self.report.record.location, UNENDED);
        for other in unended.unwrap_or_default() {
            let Ok(Some(run)) = metadata.run(other.run) else {
                continue;
            };
            let ended = run.ended.unwrap_or(other.updated);
            let is_left = run.died || ended + ITS_OWN < self.report.now();
            let Some(id) = other.id.clone().filter(|_| is_left) else {
                continue;
            };
            let told = catch_unwind(AssertUnwindSafe(|| self.tracker.end_lost(&id, run.status, ended)));
            if !matches!(told, Ok(Ok(()) | Err(TrackingError::Refused { .. }))) {
                continue;
            }
            let error = "its program could not deliver everything".to_owned();
            let record = TrackingRecord {
                state: TrackingState::Incomplete,
                error: other.error.clone().or(Some(error)),
                updated: self.report.now(),
                ..other
            };
            // Whoever can't write it tells the tracker again.
            let _ = metadata.apply(&[Change::Tracking(Box::new(record))]);
        }
    }
}

fn halves(mut batch: TrackedBatch) -> (TrackedBatch, TrackedBatch) {
    let half = batch.len() / 2;
    let parameters = half.min(batch.parameters.len());
    let metrics = (half - parameters).min(batch.metrics.len());
    let tags = half - parameters - metrics;
    let later_tags = match batch.tags.keys().nth(tags).cloned() {
        Some(key) => batch.tags.split_off(&key),
        None => Default::default(),
    };
    let second = TrackedBatch {
        parameters: batch.parameters.split_off(parameters),
        metrics: batch.metrics.split_off(metrics),
        tags: later_tags,
    };
    (batch, second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::TrackedMetric;

    #[test]
    fn halves_are_the_whole() {
        for (parameters, metrics, tags) in [(0, 0, 2), (1, 1, 0), (3, 0, 1), (0, 5, 4), (2, 7, 3)] {
            let batch = TrackedBatch {
                parameters: (0..parameters).map(|n| (n.to_string(), String::new())).collect(),
                metrics: (0..metrics)
                    .map(|index| TrackedMetric {
                        step: "s".into(),
                        name: "m".into(),
                        value: 0.0,
                        at: Default::default(),
                        index,
                    })
                    .collect(),
                tags: (0..tags).map(|n| (n.to_string(), String::new())).collect(),
            };
            let (mut first, second) = halves(batch.clone());
            assert!(!first.is_empty() && !second.is_empty(), "{first:?} {second:?}");
            assert!(first.len().abs_diff(second.len()) <= 1);
            first.parameters.extend(second.parameters);
            first.metrics.extend(second.metrics);
            first.tags.extend(second.tags);
            assert_eq!(first, batch);
        }
    }
}
