//! A scheduler on a clock that the test moves.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use zen_core::metadata::SlotState;
use zen_core::prelude::*;
use zen_core::schedule::{ScheduleView, Scheduler, SchedulerEnd, SchedulerEvent, SchedulerObserver};
use zen_core::stack::{Clock, ManualClock};

/// A time as RFC 3339 says it.
pub(super) fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// A stack in memory on a clock that stands still.
pub(super) fn stack_at(time: &str) -> (Stack, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(at(time)));
    let stack = Stack::builder()
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .build()
        .unwrap();
    (stack, clock)
}

#[derive(Debug)]
struct Passed {
    events: mpsc::UnboundedSender<SchedulerEvent>,
    all: Arc<Mutex<Vec<SchedulerEvent>>>,
}

impl SchedulerObserver for Passed {
    fn event(&self, event: &SchedulerEvent) {
        self.all.lock().unwrap().push(event.clone());
        let _ = self.events.send(event.clone());
    }
}

/// A scheduler at work, in this process.
pub(super) struct AtWork {
    events: mpsc::UnboundedReceiver<SchedulerEvent>,
    all: Arc<Mutex<Vec<SchedulerEvent>>>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<SchedulerEnd, zen_core::schedule::SchedulingError>>,
    clock: Option<Arc<ManualClock>>,
}

impl AtWork {
    pub(super) fn start(scheduler: Scheduler) -> Self {
        let (events, receiver) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let all = Arc::default();
        let observer = Passed {
            events,
            all: Arc::clone(&all),
        };
        let scheduler = scheduler
            .quiet()
            .observer(Arc::new(observer))
            .handle_interrupts(false);
        let task = tokio::spawn(scheduler.run_until(async move {
            let _ = stopped.await;
        }));
        Self {
            events: receiver,
            all,
            stop: Some(stop),
            task,
            clock: None,
        }
    }

    /// Starts one on this stack, and waits until it has looked at everything.
    pub(super) async fn on(stack: &Stack, clock: &Arc<ManualClock>) -> Self {
        let mut this = Self::start(Scheduler::new().on(stack));
        this.clock = Some(Arc::clone(clock));
        this.settle().await;
        this
    }

    /// The clock that it goes by.
    pub(super) fn clocked(&mut self, clock: &Arc<ManualClock>) {
        self.clock = Some(Arc::clone(clock));
    }

    /// Waits until it has looked at everything and no run is under way, or has told of trouble (true). None: it has ended.
    pub(super) async fn notices_or_settles(&mut self) -> Option<bool> {
        let now = self.clock.as_ref().expect("a clock").now();
        loop {
            match self.events.recv().await? {
                SchedulerEvent::Trouble { .. } => return Some(true),
                SchedulerEvent::Idle {
                    until, running: 0, ..
                } if until >= now => return Some(false),
                _ => {}
            }
        }
    }

    /// Drops the future that does its work.
    pub(super) async fn drop_it(self) {
        self.task.abort();
        let ended = self.task.await;
        assert!(ended.is_err_and(|error| error.is_cancelled()));
    }

    /// Waits for an event.
    pub(super) async fn wait_for(&mut self, wanted: impl Fn(&SchedulerEvent) -> bool) -> SchedulerEvent {
        loop {
            let event = self.events.recv().await.expect("the scheduler has ended");
            if wanted(&event) {
                return event;
            }
        }
    }

    /// Waits until it has looked at everything up to the clock's time, and no run is under way.
    pub(super) async fn settle(&mut self) {
        let now = self.clock.as_ref().expect("a clock").now();
        self.wait_for(|event| {
            matches!(event, SchedulerEvent::Idle { until, running, .. } if *until >= now && *running == 0)
        })
        .await;
    }

    /// Moves the clock, as time passes, and waits until the scheduler has looked, whatever is under way then.
    pub(super) async fn advance(&mut self, time: TimeDelta) {
        let clock = Arc::clone(self.clock.as_ref().expect("a clock"));
        clock.advance(time);
        let now = clock.now();
        self.wait_for(|event| matches!(event, SchedulerEvent::Idle { until, .. } if *until >= now))
            .await;
    }

    /// Waits until no run is under way.
    pub(super) async fn settle_runs(&mut self) {
        self.wait_for(|event| matches!(event, SchedulerEvent::Idle { running: 0, .. }))
            .await;
    }

    /// Moves the clock to this time, as time passes, and waits until everything is done that is due by then.
    pub(super) async fn pass_until(&mut self, time: DateTime<Utc>) {
        let clock = Arc::clone(self.clock.as_ref().expect("a clock"));
        clock.advance(time - clock.now());
        self.settle().await;
    }

    pub(super) async fn pass(&mut self, time: TimeDelta) {
        let now = self.clock.as_ref().expect("a clock").now();
        self.pass_until(now + time).await;
    }

    pub(super) fn events(&self) -> Vec<SchedulerEvent> {
        self.all.lock().unwrap().clone()
    }

    pub(super) async fn stop(mut self) -> SchedulerEnd {
        let _ = self.stop.take().expect("only once").send(());
        self.task.await.unwrap().unwrap()
    }
}

/// The states of a schedule's slots by the time they were due, oldest first.
pub(super) fn states(schedule: &ScheduleView) -> Vec<(String, SlotState)> {
    let mut slots: Vec<_> = schedule
        .history(100_000)
        .unwrap()
        .iter()
        .map(|slot| {
            let record = slot.record();
            let due = record.due.format("%d %H:%M").to_string();
            match record.count {
                1 => (due, record.state),
                count => (format!("{due} x{count}"), record.state),
            }
        })
        .collect();
    slots.reverse();
    slots
}
