//! The loop of a scheduler at work.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::{JoinError, JoinSet};
use uuid::Uuid;

use super::beat::Beat;
use super::builder::Scheduler;
use super::events::SchedulerEvent;
use super::fire::fire;
use super::hooks;
use super::look::{Desk, Seen};
use super::outcome::SchedulerEnd;
use super::signals::Signals;
use super::work::{Claim, Work};
use crate::client::blocking;
use crate::metadata::{ScheduleRecord, SchedulerRecord, SlotRecord};
use crate::schedule::SchedulingError;
use crate::stack::{Clock, Stack, host};

/// How often it looks at what others have changed.
const LOOK: Duration = Duration::from_secs(1);

/// A wall clock that differs by more than this from the time that has passed was set, or the machine was suspended.
const JUMP: TimeDelta = TimeDelta::seconds(1);

/// A slot that was settled, with its schedule: what hooks are called after.
type Settled = (ScheduleRecord, SlotRecord);

/// How long hooks may still take when all runs have ended.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// Why it no longer waits.
enum Woken {
    Look,
    Stop,
}

/// A scheduler at work.
pub(super) struct Running {
    settings: Scheduler,
    work: Arc<Work>,
    desk: Option<Desk>,
    beat: Option<Beat>,
    runs: JoinSet<Option<Settled>>,
    /// The hooks that are called. They keep no run from starting.
    calls: JoinSet<()>,
    me: Uuid,
    /// The wall clock and the monotonic one at the last look.
    clocks: Option<(DateTime<Utc>, Duration)>,
    started: bool,
}

impl Running {
    pub(super) async fn begin(stack: Stack, settings: Scheduler) -> Result<Self, SchedulingError> {
        let of_beat = stack.clone();
        let begun = blocking(move || {
            // What dead processes of this machine left is known from the beginning.
            of_beat.settle_dead_runs()?;
            let record = SchedulerRecord {
                id: crate::ids::next(),
                process: of_beat.process()?,
                pid: std::process::id(),
                host: host(),
                beat: 0,
                started: of_beat.clock().now(),
            };
            let me = record.id;
            forget_the_dead(&of_beat)?;
            Ok((me, Beat::start(&of_beat, record)?))
        });
        let (me, beat) = begun.await?;
        Ok(Self {
            work: Arc::new(Work::new(
                stack.clone(),
                settings.observer.clone(),
                settings.quiet,
            )),
            desk: Some(Desk::new(stack, me, settings.terms)),
            settings,
            beat: Some(beat),
            runs: JoinSet::new(),
            calls: JoinSet::new(),
            me,
            clocks: None,
            started: false,
        })
    }

    pub(super) async fn until(
        mut self,
        stop: impl Future<Output = ()>,
    ) -> Result<SchedulerEnd, SchedulingError> {
        tokio::pin!(stop);
        let mut signals = Signals::listen(self.settings.interrupts);
        loop {
            let pause = match self.look().await {
                Ok(seen) => {
                    let pause = seen.failed.then_some(LOOK);
                    let (again, next) = (seen.again && !seen.failed, seen.next);
                    let until = self.clocks.map(|(now, _)| now).unwrap_or_default();
                    self.take(seen);
                    if !again && pause.is_none() {
                        self.work.tell(&SchedulerEvent::Idle {
                            until,
                            next,
                            running: self.runs.len(),
                        });
                    }
                    if again {
                        // What has been asked of the program meanwhile comes first.
                        match self.asked_to_stop(&mut stop, &mut signals).await {
                            true => break,
                            false => continue,
                        }
                    }
                    pause.map_or(Ok(next), Err)
                }
                Err(error) => {
                    self.work.trouble(error);
                    Err(LOOK)
                }
            };
            if let Woken::Stop = self.wait(pause, &mut stop, &mut signals).await {
                break;
            }
        }
        self.drain(&mut signals).await
    }

    async fn asked_to_stop(
        &self,
        stop: &mut (impl Future<Output = ()> + Unpin),
        signals: &mut Signals,
    ) -> bool {
        tokio::select! {
            biased;
            () = stop => true,
            () = signals.first() => true,
            () = std::future::ready(()) => false,
        }
    }

    /// Waits for the next slot, a run's end or a second, whichever comes first; after trouble, for the whole second.
    async fn wait(
        &mut self,
        next: Result<Option<DateTime<Utc>>, Duration>,
        stop: &mut (impl Future<Output = ()> + Unpin),
        signals: &mut Signals,
    ) -> Woken {
        let clock = Arc::clone(self.work.stack.clock());
        let seen = self.clocks.map_or_else(|| clock.now(), |(now, _)| now);
        let time = async {
            match next {
                Ok(next) => clock.wait(seen, next, LOOK).await,
                Err(pause) => tokio::time::sleep(pause).await,
            }
        };
        tokio::select! {
            biased;
            () = stop => Woken::Stop,
            () = signals.first() => Woken::Stop,
            Some(ended) = self.runs.join_next(), if !self.runs.is_empty() => {
                self.ended(ended);
                Woken::Look
            }
            () = time => Woken::Look,
        }
    }

    /// One look, in a thread where it may block.
    async fn look(&mut self) -> Result<Seen, SchedulingError> {
        while let Some(ended) = self.runs.try_join_next() {
            self.ended(ended);
        }
        while self.calls.try_join_next().is_some() {}
        let clock = Arc::clone(self.work.stack.clock());
        let now = clock.now();
        let went_back = self.compare_clocks(&*clock, now);
        let capacity = self.settings.concurrency.saturating_sub(self.runs.len());
        let busy = self.work.busy();
        if let Some(beat) = &self.beat {
            beat.holds(busy.len());
        }
        // There is none when a look died: then everything is read anew.
        let desk = self.desk.take();
        let mut desk =
            desk.unwrap_or_else(|| Desk::new(self.work.stack.clone(), self.me, self.settings.terms));
        let looked = blocking(move || {
            if went_back {
                desk.clock_went_back();
            }
            let seen = desk.look(now, capacity, &busy);
            // A look that failed knows too little to say so.
            let lost = seen.as_ref().map_or_else(|_| Vec::new(), |_| desk.lost(&busy));
            Ok((desk, seen, lost))
        });
        let (desk, seen, lost) = looked.await?;
        self.desk = Some(desk);
        self.cancel(lost);
        let seen = seen?;
        if !std::mem::replace(&mut self.started, true) {
            self.work.tell(&SchedulerEvent::Started {
                scheduler: self.me,
                schedules: seen.schedules,
            });
        }
        Ok(seen)
    }

    /// Whether the wall clock went back.
    fn compare_clocks(&mut self, clock: &dyn Clock, now: DateTime<Utc>) -> bool {
        let passed = clock.monotonic();
        let Some((then, passed_then)) = self.clocks.replace((now, passed)) else {
            return false;
        };
        let expected = TimeDelta::from_std(passed.saturating_sub(passed_then)).unwrap_or(TimeDelta::MAX);
        let moved = (now - then).checked_sub(&expected).unwrap_or(TimeDelta::MIN);
        if moved.abs() <= JUMP {
            return false;
        }
        tracing::warn!(target: "zen::scheduler", "the clock was set, or the machine was suspended: it moved by {} s", moved.num_seconds());
        self.work.tell(&SchedulerEvent::ClockMoved { by: moved });
        moved < TimeDelta::zero()
    }

    fn take(&mut self, seen: Seen) {
        for event in &seen.events {
            if let SchedulerEvent::Trouble { error } = event {
                tracing::warn!(target: "zen::scheduler", "{error}");
            }
            self.work.tell(event);
        }
        for settled in seen.settled {
            self.ended(Ok(Some(settled)));
        }
        for (schedule, slot) in seen.claimed {
            self.work.begins((slot.id, slot.token), schedule.id);
            self.runs.spawn(fire(Arc::clone(&self.work), schedule, slot));
        }
        if let Some(beat) = &self.beat {
            beat.holds(self.work.busy().len());
        }
    }

    /// Calls what is to be called after a slot.
    fn ended(&mut self, ended: Result<Option<Settled>, JoinError>) {
        if let Ok(Some((schedule, slot))) = ended {
            let stack = self.work.stack.clone();
            self.calls.spawn(hooks::call(stack, schedule, slot));
        }
    }

    /// What has become somebody else's is not worked on any more, and what was deleted neither.
    async fn look_for_losses(&mut self) {
        let Some(mut desk) = self.desk.take() else {
            return;
        };
        let busy = self.work.busy();
        let looked = blocking(move || {
            let lost = desk.look_for_losses(&busy);
            Ok((desk, lost))
        });
        let lost = match looked.await {
            Ok((desk, lost)) => {
                self.desk = Some(desk);
                lost.map_err(SchedulingError::from)
            }
            Err(error) => Err(error.into()),
        };
        match lost {
            Ok(lost) => self.cancel(lost),
            Err(error) => self.work.trouble(error),
        }
    }

    fn cancel(&self, lost: Vec<Claim>) {
        for claim in lost {
            self.work.cancel(
                claim,
                "another scheduler has taken its slot over, or its schedule was deleted",
            );
        }
    }

    /// Waits for the runs under way, cancels them when their time has passed, and waits for their end.
    async fn drain(mut self, signals: &mut Signals) -> Result<SchedulerEnd, SchedulingError> {
        let mut end = SchedulerEnd::Drained;
        self.work.tell(&SchedulerEvent::Stopping {
            running: self.runs.len(),
        });
        let time = tokio::time::sleep(self.settings.grace);
        tokio::pin!(time);
        let in_time = loop {
            tokio::select! {
                biased;
                ended = self.runs.join_next() => match ended {
                    Some(ended) => self.ended(ended),
                    None => break true,
                },
                () = &mut time => break false,
                () = signals.second() => break false,
                () = tokio::time::sleep(LOOK) => self.look_for_losses().await,
            }
        };
        if !in_time {
            let running = self.work.cancel_all();
            self.work.tell(&SchedulerEvent::Cancelling { running });
            if running > 0 {
                end = SchedulerEnd::Cancelled { runs: running };
            }
            while let Some(ended) = self.runs.join_next().await {
                self.ended(ended);
            }
        }
        let calls = async { while self.calls.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_CALLS, calls).await.is_err() {
            tracing::warn!(target: "zen::scheduler", "hooks of schedules took longer than {LAST_CALLS:?} when the scheduler ended, and were given up");
        }
        let beat = self.beat.take();
        blocking(move || {
            drop(beat);
            Ok(())
        })
        .await?;
        Ok(end)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nobody waits for the runs any more, and nobody settles their slots: those that other programs execute are told too.
        self.runs.abort_all();
        self.work.cancel_all();
    }
}

/// Takes the schedulers of dead processes of this machine off the record. Their slots are taken over all the same.
fn forget_the_dead(stack: &Stack) -> Result<(), crate::metadata::MetadataError> {
    let dead: Vec<_> = stack
        .metadata()
        .schedulers()?
        .into_iter()
        .filter(|scheduler| super::others::is_alive(stack, scheduler) == Some(false))
        .map(|scheduler| crate::metadata::Change::SchedulerEnded {
            scheduler: scheduler.id,
        })
        .collect();
    stack.metadata().apply(&dead)
}
