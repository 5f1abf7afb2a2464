//! The thread that speaks to the experiment tracker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::feed;
use super::halves::halves;
use super::lost::Lost;
use super::queue::{End, Next, Queue};
use super::report::Report;
use crate::client::ArtifactView;
use crate::metadata::TrackingRecord;
use crate::tracking::{
    CurrentRun, ExperimentTracker, RunWriter, TrackedArtifact, TrackedBatch, TrackedRun, TrackingError,
};

/// The first pause before another try; each further one is twice as long, up to [`LONGEST`].
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);
/// How often it is tried again after the run's end.
const LATE: usize = 15;
/// How often it is tried to put an artifact there.
const UPLOADS: usize = 3;

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
        let mut writer = None;
        let mut ended = self.deliver(&mut writer).is_ok();
        self.current.given_up();
        if !ended {
            // Until the run has ended there may be more that is lost.
            self.queue.close();
            let End {
                status,
                ended: at,
                until,
            } = self.queue.wait_for_end();
            if let Some(mut writer) = writer.filter(|_| Instant::now() < until) {
                // Whatever it doesn't take, it should know that the run has ended.
                ended = self.once(&mut || writer.end(status, at)).is_ok();
            }
        }
        let queue = Arc::clone(&self.queue);
        let mut told = None;
        queue.record(true, || {
            let lost = std::mem::take(&mut queue.state().lost);
            told = self.report.settle(ended, lost);
            self.report.write();
        });
        told.into_iter().for_each(|message| self.report.warn(message));
        queue.done();
    }

    fn deliver(&mut self, begun: &mut Option<Box<dyn RunWriter>>) -> Result<(), Stopped> {
        let (tracker, run) = (Arc::clone(&self.tracker), self.run.clone());
        let writer = self.tried(&mut || tracker.begin(&run), usize::MAX);
        let writer = begun.insert(writer.map_err(|_| Stopped)?);
        self.current.begun(writer.id());
        self.begun(writer.id().to_owned(), writer.url());
        let batch_size = self.tracker.batch_size();
        let mut others = Some(());
        loop {
            match self.queue.next(batch_size) {
                Next::Batch(batch) => self.batch(&mut **writer, batch)?,
                Next::Adopted { step, source } => self.adopted(&mut **writer, &step, source)?,
                Next::Artifact {
                    step,
                    output,
                    artifact,
                } => self.artifact(&mut **writer, &step, &output, artifact),
                Next::End(End { status, ended, .. }) => {
                    let end = self.tried(&mut || writer.end(status, ended), usize::MAX);
                    end.map_err(|_| Stopped)?;
                    if others.is_some() {
                        self.end_others();
                    }
                    return Ok(());
                }
            }
            self.queue.state().under_way = Lost::default();
            // The own run comes first.
            if others.take().is_some() {
                self.end_others();
            }
        }
    }

    /// The run is known there.
    fn begun(&mut self, id: String, url: Option<String>) {
        self.report.record.id = Some(id);
        self.report.record.url = url;
        let queue = Arc::clone(&self.queue);
        if queue.record(false, || self.report.write()) {
            return;
        }
        // The run has waited in vain, and has written what is lost: only by its id can it be ended there.
        let metadata = Arc::clone(self.report.stack.metadata());
        if let Ok(Some(known)) = metadata.tracking(self.report.record.run) {
            let (id, url) = (self.report.record.id.take(), self.report.record.url.take());
            self.report.record = TrackingRecord { id, url, ..known };
            self.report.write();
        }
    }

    /// The first failure is told at once, so that somebody may mend what is wrong.
    fn note(&mut self, error: &TrackingError) {
        if !self.report.failed(error) {
            return;
        }
        let queue = Arc::clone(&self.queue);
        if queue.record(false, || self.report.write()) {
            let waits = match error {
                TrackingError::Unavailable { .. } => "the run goes on, and what is to be tracked waits",
                _ => "the run goes on",
            };
            self.report.warn(format!("{error}; {waits}"));
        }
    }

    pub(super) fn once<T>(
        &self,
        work: &mut dyn FnMut() -> Result<T, TrackingError>,
    ) -> Result<T, TrackingError> {
        catch_unwind(AssertUnwindSafe(&mut *work)).unwrap_or_else(|_| {
            Err(TrackingError::Denied {
                location: self.report.record.location.clone(),
                reason: "the tracker's code in this program panicked".into(),
            })
        })
    }

    /// Tries so often, until it works, it is refused, or the time is over.
    fn tried<T>(
        &mut self,
        work: &mut dyn FnMut() -> Result<T, TrackingError>,
        most: usize,
    ) -> Result<T, Failed> {
        let mut pause = PAUSE;
        let mut late = 0;
        for left in (0..most).rev() {
            let error = match self.once(work) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            self.note(&error);
            let asked = match error {
                TrackingError::Refused { .. } => return Err(Failed::This),
                TrackingError::Denied { .. } => return Err(Failed::All),
                TrackingError::Unavailable { retry_after, .. } => retry_after.unwrap_or_default(),
            };
            if left == 0 {
                break;
            }
            if !self.queue.pause(pause.max(asked.min(LONGEST))) {
                return Err(Failed::All);
            }
            pause = match self.queue.until() {
                // Now or never.
                Some(_) => PAUSE,
                None => (pause * 2).min(LONGEST),
            };
            // Whoever refuses at once again and again won't be there soon: nobody waits for that.
            late += usize::from(self.queue.until().is_some());
            if late > LATE {
                return Err(Failed::All);
            }
        }
        Err(Failed::This)
    }

    /// Logs what can be logged of a batch: what is refused is looked for by halves, and left out.
    fn batch(&mut self, writer: &mut dyn RunWriter, batch: TrackedBatch) -> Result<(), Stopped> {
        if batch.is_empty() {
            return Ok(());
        }
        let tried = self.tried(&mut || writer.log(&batch), usize::MAX);
        if let Err(Failed::This) = tried
            && batch.len() > 1
        {
            let (first, second) = halves(batch);
            let first = self.batch(writer, first);
            if first.is_err() {
                self.lose(&second);
                return first;
            }
            return self.batch(writer, second);
        }
        match tried {
            Ok(()) => self.queue.state().under_way.without(&batch),
            Err(Failed::This) => self.lose(&batch),
            Err(Failed::All) => {
                self.lose(&batch);
                return Err(Stopped);
            }
        }
        Ok(())
    }

    fn lose(&self, batch: &TrackedBatch) {
        let mut state = self.queue.state();
        state.under_way.without(batch);
        state.lost.batch(batch);
    }

    /// The metrics of the step that was executed once count for this run too.
    fn adopted(&mut self, writer: &mut dyn RunWriter, step: &str, source: Uuid) -> Result<(), Stopped> {
        let Ok(metrics) = self.report.stack.metadata().metrics(source) else {
            // The store fails: the run's own records say why.
            self.queue.state().lost.adopted(step);
            return Ok(());
        };
        let mut parts = metrics.chunks(self.tracker.batch_size().max(1));
        while let Some(part) = parts.next() {
            let batch = TrackedBatch {
                metrics: part.iter().map(|metric| feed::tracked(step, metric)).collect(),
                ..TrackedBatch::default()
            };
            let logged = self.batch(writer, batch);
            if logged.is_err() {
                if parts.len() > 0 {
                    self.queue.state().lost.adopted(step);
                }
                return logged;
            }
        }
        Ok(())
    }

    /// One that can't be put there keeps nothing else from being delivered.
    fn artifact(&mut self, writer: &mut dyn RunWriter, step: &str, output: &str, id: Uuid) {
        let stack = self.report.stack.clone();
        // Pruned meanwhile, or the store fails: the run's own records say why.
        let record = stack.metadata().artifact(id).ok().flatten();
        let logged = record.is_some_and(|record| {
            let view = ArtifactView::new(stack, record);
            let artifact = TrackedArtifact {
                step,
                output,
                artifact: &view,
            };
            self.tried(&mut || writer.log_artifact(&artifact), UPLOADS)
                .is_ok()
        });
        if !logged {
            self.queue.state().lost.artifact(step, output);
        }
    }
}
