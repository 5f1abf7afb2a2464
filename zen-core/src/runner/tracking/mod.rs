//! A run and the stack's experiment tracker: what the run records goes into a bounded queue, from which a thread of its own delivers it, so that
//! nothing waits for the tracker but, for a bounded time, the end of the run.

mod deliver;
mod feed;
mod halves;
mod lost;
mod others;
mod queue;
mod report;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use self::deliver::Delivery;
use self::feed::Feed;
use self::lost::Lost;
use self::queue::{End, Item, Queue};
use self::report::Report;
use super::core::RunCore;
use crate::graph::Graph;
use crate::metadata::{Change, RunRecord, Status, TrackingRecord, TrackingState, cut, redacted};
use crate::stack::{Stack, StackError};
use crate::tracking::{CurrentRun, ExperimentTracker, TrackedRun};

/// How much longer than its time the thread may take, which is asking the tracker something when the time is over.
const GRACE: Duration = Duration::from_millis(200);

/// The tracking of one run.
pub(crate) struct Tracking {
    tracker: Arc<dyn ExperimentTracker>,
    stack: Stack,
    feed: Feed,
    queue: Arc<Queue>,
    current: Arc<CurrentRun>,
    /// Of a run that has begun and not ended.
    report: Mutex<Option<Report>>,
}

impl fmt::Debug for Tracking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tracking({:?})", self.tracker)
    }
}

impl Tracking {
    /// For a run that is about to begin, when the stack has a tracker.
    pub(crate) fn of(stack: &Stack, graph: &Graph) -> Result<Option<Arc<Self>>, StackError> {
        let tracker = stack.component::<Arc<dyn ExperimentTracker>>()?;
        let tracking = |tracker: Arc<Arc<dyn ExperimentTracker>>| {
            Arc::new(Self {
                queue: Arc::new(Queue::new(tracker.queue_size())),
                tracker: Arc::clone(&*tracker),
                stack: stack.clone(),
                feed: Feed::of(graph),
                current: Arc::default(),
                report: Mutex::default(),
            })
        };
        Ok(tracker.map(tracking))
    }

    /// What steps may know of it.
    pub(crate) fn current(&self) -> Arc<CurrentRun> {
        Arc::clone(&self.current)
    }

    fn report(&self) -> MutexGuard<'_, Option<Report>> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run is recorded: from now on it is tracked.
    pub(crate) fn begin(&self, core: &Arc<RunCore>, run: &RunRecord) {
        let report = Report {
            stack: self.stack.clone(),
            core: Arc::downgrade(core),
            record: TrackingRecord {
                run: run.id,
                location: self.tracker.location(),
                id: None,
                url: None,
                state: TrackingState::Open,
                undelivered: Vec::new(),
                error: None,
                updated: run.started,
            },
        };
        *self.report() = Some(report.clone());
        for (name, value) in feed::parameters(run, &core.graph) {
            self.queue.put(Item::Parameter(cut(name), cut(value)));
        }
        let delivery = Delivery {
            queue: Arc::clone(&self.queue),
            tracker: Arc::clone(&self.tracker),
            run: tracked(run, &self.stack),
            current: Arc::clone(&self.current),
            report: report.clone(),
        };
        let spawned = std::thread::Builder::new()
            .name("zen-tracker".into())
            .spawn(move || delivery.run());
        if let Err(error) = spawned {
            *self.report() = None;
            self.queue.close();
            self.current.given_up();
            report.warn(format!(
                "the run isn't tracked: no thread could be started: {error}"
            ));
        }
    }

    /// Hears what has been recorded. Never waits.
    pub(crate) fn hear(&self, changes: &[Change]) {
        self.feed.hear(&redacted(changes), &self.queue);
    }

    /// The run has ended: what waits is delivered, and that, for at most the tracker's time.
    pub(crate) fn end(&self, status: Status, ended: DateTime<Utc>) {
        self.end_within(self.tracker.flush_timeout(), status, ended);
    }

    /// The same for at most this time.
    pub(crate) fn end_within(&self, time: Duration, status: Status, ended: DateTime<Utc>) {
        let now = Instant::now();
        // A time that can't be told is long enough when it is a day.
        let until = now.checked_add(time).unwrap_or(now + Duration::from_secs(86_400));
        self.queue.end(End { status, ended, until });
    }

    /// Waits for that, and tells what was not delivered. Called after the end.
    pub(crate) fn wait(&self) {
        // It never began, or somebody has waited before.
        let Some(mut report) = self.report().take() else {
            return;
        };
        let Some(until) = self.queue.until() else { return };
        if self.queue.wait_until_done(until + GRACE) || !self.queue.give_up() {
            return;
        }
        // The thread is waiting for an answer; what it was asking may still be delivered.
        self.queue.close();
        let mut lost = Lost::default();
        {
            let mut state = self.queue.state();
            lost.all(std::mem::take(&mut state.lost));
            lost.all(std::mem::take(&mut state.under_way));
        }
        if let Ok(Some(known)) = self.stack.metadata().tracking(report.record.run) {
            report.record = known;
        }
        let unanswered = || "it didn't answer in time when the run had ended".to_owned();
        report.record.error.get_or_insert_with(unanswered);
        let told = report.settle(false, lost);
        report.write();
        told.into_iter().for_each(|message| report.warn(message));
    }
}

fn tracked(run: &RunRecord, stack: &Stack) -> TrackedRun {
    TrackedRun {
        id: run.id,
        name: cut(run.name.clone()),
        pipeline: run.pipeline.clone(),
        stack: stack.name().to_owned(),
        started: run.started,
        user: run.user.clone(),
        program: run.program.as_ref().map(|program| program.path.clone()),
        git_commit: run.git_commit.clone(),
        resumed_from: run.resumed_from,
        schedule: run.slot.as_ref().map(|slot| slot.name.clone()),
        tags: run.tags.iter().cloned().map(cut).collect(),
    }
}
