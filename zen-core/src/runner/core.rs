//! A run while it goes on: hands out attempts, takes their results, and keeps time.
//!
//! There is no coordinating thread: whoever has finished an attempt takes the lock, settles it, and goes on with the next attempt
//! in the same thread, so that a chain of short steps costs no thread switch.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use uuid::Uuid;

use super::FailurePolicy;
use super::attempt::Prepared;
use super::events::{Observer, RunEvent};
use super::executor::{Cancel, Executor, TaskResult};
use super::pool;
use super::recorder::{Recorder, RecorderEvents};
use super::state::{InstanceId, NotRun, Phase, Slot, State, Task};
use super::upload::Budget;
use crate::graph::{CachePolicy, FailureKind, Graph, Retry, StepFailure, parameters_json};
use crate::metadata::{Change, MetadataError, Status, StepRecord};
use crate::stack::Stack;

/// What is fixed for the whole run.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) pipeline: String,
    pub(crate) run: Uuid,
    pub(crate) run_name: String,
    /// From the pipeline, below the step's and the call's.
    pub(crate) pipeline_cache: CachePolicy,
    /// From the caller of the run, above all others.
    pub(crate) run_cache: CachePolicy,
    pub(crate) failure: FailurePolicy,
    /// How many attempts may be made at once.
    pub(crate) parallel: usize,
    /// How long a body that was told to stop may take.
    pub(crate) grace: Duration,
    pub(crate) project: PathBuf,
    pub(crate) scratch: PathBuf,
    /// The finished steps of the run that this one continues, by name.
    pub(crate) resumed: HashMap<String, StepRecord>,
}

pub(crate) struct RunCore {
    pub(crate) settings: Settings,
    pub(crate) graph: Arc<Graph>,
    pub(crate) stack: Stack,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) runtime: Handle,
    pub(crate) budget: Arc<Budget>,
    pub(crate) run_cancelled: Arc<AtomicBool>,
    recorder: OnceLock<Arc<Recorder>>,
    observer: Option<Arc<dyn Observer>>,
    /// Held while the observer is told something, so that it is told one thing at a time.
    telling: Mutex<()>,
    state: Mutex<State>,
    /// The attempts that are being made, to tell them to stop.
    attempts: Mutex<HashMap<InstanceId, (u32, Arc<Cancel>)>>,
    cancel_reason: Mutex<Option<String>>,
    broken: Mutex<Option<Arc<MetadataError>>>,
    finished: Notify,
    started: Instant,
}

impl fmt::Debug for RunCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunCore({})", self.settings.run)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The recorder must not keep the run alive, which keeps the recorder alive.
struct Reports(Weak<RunCore>);

impl RecorderEvents for Reports {
    fn not_stored(&self, step: &str, error: String) {
        if let Some(run) = self.0.upgrade() {
            run.not_stored(step, error);
        }
    }

    fn broken(&self, error: Arc<MetadataError>) {
        if let Some(run) = self.0.upgrade() {
            *lock(&run.broken) = Some(error);
            run.stop(
                Status::Skipped,
                "not run because the metadata store failed".into(),
            );
        }
    }
}

impl RunCore {
    pub(crate) fn new(
        settings: Settings,
        graph: Arc<Graph>,
        stack: Stack,
        executor: Arc<dyn Executor>,
        runtime: Handle,
        observer: Option<Arc<dyn Observer>>,
    ) -> std::io::Result<Arc<Self>> {
        let state = State::new(Arc::clone(&graph), settings.failure);
        let core = Arc::new(Self {
            settings,
            graph,
            stack,
            executor,
            runtime,
            budget: Arc::default(),
            run_cancelled: Arc::default(),
            recorder: OnceLock::new(),
            observer,
            telling: Mutex::new(()),
            state: Mutex::new(state),
            attempts: Mutex::default(),
            cancel_reason: Mutex::default(),
            broken: Mutex::default(),
            finished: Notify::new(),
            started: Instant::now(),
        });
        let reports = Arc::new(Reports(Arc::downgrade(&core)));
        let recorder = Recorder::start(Arc::clone(core.stack.metadata()), reports)?;
        core.recorder.get_or_init(|| Arc::new(recorder));
        Ok(core)
    }

    pub(crate) fn recorder(&self) -> &Arc<Recorder> {
        // Set by `new` before anybody else sees the core.
        match self.recorder.get() {
            Some(recorder) => recorder,
            None => unreachable!("the recorder is set by `new`"),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.stack.clock().now()
    }

    pub(crate) fn took(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn tell(&self, event: impl FnOnce() -> RunEvent) {
        if let Some(observer) = &self.observer {
            let event = event();
            let _one_at_a_time = lock(&self.telling);
            observer.event(&event);
        }
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.state().is_finished()
    }

    /// Waits for the end of the last step.
    pub(crate) async fn wait(&self) {
        loop {
            let notified = self.finished.notified();
            if self.is_finished() {
                return;
            }
            notified.await;
        }
    }

    /// Starts what can start.
    pub(crate) fn pump(self: &Arc<Self>) {
        if let Some(task) = self.take() {
            self.spawn(task);
        }
    }

    fn spawn(self: &Arc<Self>, task: Task) {
        let (core, instance) = (Arc::clone(self), task.instance);
        let spawned = pool::spawn(move || core.drive(task));
        if let Err(error) = spawned {
            let failure = StepFailure::new(
                FailureKind::Executor,
                format!("no thread could be started: {error}"),
            );
            self.state().fail(instance, failure);
            self.after_change();
        }
    }

    /// Takes one attempt for this thread, and starts others in further threads, up to the bound.
    fn take(self: &Arc<Self>) -> Option<Task> {
        let mut mine = None;
        let mut others = Vec::new();
        {
            let mut state = self.state();
            while state.running < self.settings.parallel {
                let Some(task) = state.next() else { break };
                match mine {
                    None => mine = Some(task),
                    Some(_) => others.push(task),
                }
            }
            // Put into the recorder's queue under the lock: a step's start must not overtake it.
            for (node, name, step) in state.newly_queued() {
                self.recorder().mark(self.blank(node, &name, step));
            }
        }
        for task in others {
            self.spawn(task);
        }
        mine
    }

    fn drive(self: &Arc<Self>, task: Task) {
        self.guarded(|core| {
            let mut next = Some(task);
            while let Some(task) = next {
                core.work(task);
                next = core.take();
            }
        });
    }

    /// A mistake in the runner itself must not leave its caller waiting for ever.
    fn guarded(self: &Arc<Self>, work: impl FnOnce(&Arc<Self>)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_ok() {
            return;
        }
        let message =
            "the runner itself panicked; the message is on standard error. This is a mistake in zen";
        {
            let mut state = self.state();
            let failure = StepFailure::new(FailureKind::Executor, message);
            state
                .first_failure
                .get_or_insert_with(|| ("(runner)".into(), failure));
        }
        self.stop(Status::Skipped, "not run because the runner failed".into());
        let running = self.state().under_way();
        for instance in running {
            self.give_up(instance);
        }
        self.after_change();
    }

    /// Goes on with the result of an attempt that ended somewhere else.
    pub(crate) fn deliver(self: &Arc<Self>, task: Task, prepared: Prepared, result: TaskResult) {
        let core = Arc::clone(self);
        let instance = task.instance;
        let delivered = pool::spawn(move || {
            core.guarded(|core| {
                core.finish_attempt(task, prepared, result);
                core.after_change();
            });
            core.guarded(|core| {
                if let Some(next) = core.take() {
                    core.drive(next);
                }
            });
        });
        if let Err(error) = delivered {
            let failure = StepFailure::new(
                FailureKind::Executor,
                format!("no thread could be started: {error}"),
            );
            self.state().fail(instance, failure);
            self.after_change();
        }
    }

    /// Records what ended without having been executed, and wakes whoever waits for the end.
    pub(crate) fn after_change(&self) {
        let (not_run, finished) = {
            let mut state = self.state();
            (std::mem::take(&mut state.not_run), state.is_finished())
        };
        for step in not_run {
            self.record_not_run(step);
        }
        if finished {
            self.finished.notify_waiters();
        }
    }

    fn record_not_run(&self, step: NotRun) {
        let record = StepRecord {
            status: step.status,
            error: Some(step.reason.clone()),
            ..self.blank(step.node, &step.name, step.step)
        };
        self.recorder().ended(record, Vec::new(), None);
        self.tell(|| RunEvent::StepEnded {
            step: step.name,
            status: step.status,
            took: Duration::ZERO,
            error: Some(step.reason),
            element: step.element,
        });
    }

    /// A record of a step with what the graph knows of it.
    pub(crate) fn blank(&self, node: u32, name: &str, step: Uuid) -> StepRecord {
        let node = self.graph.get(node);
        StepRecord {
            id: step,
            run: self.settings.run,
            name: name.to_owned(),
            step: node.step().unwrap_or_default().to_owned(),
            node: node.id(),
            status: Status::Queued,
            attempt: 0,
            cache_key: None,
            key_fields: Vec::new(),
            cache_note: None,
            source_step: None,
            source_run: None,
            expires: None,
            parameters: parameters_json(node),
            started: None,
            ended: None,
            error: None,
            metadata: Default::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Remembers how to stop an attempt. An attempt that begins after the run was cancelled is stopped at once.
    pub(crate) fn register(&self, instance: InstanceId, attempt: u32, cancel: &Arc<Cancel>) {
        lock(&self.attempts).insert(instance, (attempt, Arc::clone(cancel)));
    }

    pub(crate) fn unregister(&self, instance: InstanceId, attempt: u32) {
        let mut attempts = lock(&self.attempts);
        if attempts
            .get(&instance)
            .is_some_and(|(current, _)| *current == attempt)
        {
            attempts.remove(&instance);
        }
    }

    pub(crate) fn cancel(self: &Arc<Self>, reason: &str) {
        lock(&self.cancel_reason).get_or_insert_with(|| reason.to_owned());
        self.stop(Status::Cancelled, reason.to_owned());
        let running: Vec<String> = {
            let state = self.state();
            state
                .under_way()
                .into_iter()
                .map(|id| format!("`{}`", state.name(id)))
                .collect()
        };
        if !running.is_empty() {
            self.tell(|| RunEvent::Warning {
                message: format!(
                    "{reason}: waiting up to {:?} for {} to end",
                    self.settings.grace,
                    running.join(", ")
                ),
            });
        }
    }

    /// Gives up what runs and records the end, for a program that ends at once.
    pub(crate) fn abandon(self: &Arc<Self>, reason: &str) {
        let running = self.state().under_way();
        for instance in running {
            self.give_up(instance);
        }
        let ended = Change::RunEnded {
            run: self.settings.run,
            status: Status::Cancelled,
            error: Some(reason.to_owned()),
            ended: self.now(),
        };
        self.recorder().change(ended);
        // Best effort: the next start settles what could not be written.
        let _ = self.recorder().flush();
    }

    pub(crate) fn cancel_reason(&self) -> Option<String> {
        lock(&self.cancel_reason).clone()
    }

    pub(crate) fn broken(&self) -> Option<Arc<MetadataError>> {
        lock(&self.broken).clone()
    }

    /// Starts nothing more and stops what runs: asynchronous bodies at once, synchronous ones are asked to, and given up after the
    /// grace period.
    pub(crate) fn stop(self: &Arc<Self>, status: Status, reason: String) {
        self.state().stop(status, reason);
        self.stop_attempts();
        self.after_change();
    }

    /// Stops what runs after the state said that nothing more starts.
    pub(crate) fn stop_attempts(self: &Arc<Self>) {
        if self.run_cancelled.swap(true, Ordering::SeqCst) {
            return;
        }
        for (_, cancel) in lock(&self.attempts).values() {
            cancel.abort();
        }
        let pausing: Vec<_> = {
            let mut state = self.state();
            let under_way = state.under_way();
            under_way
                .into_iter()
                .filter(|id| state.instance(*id).phase != Phase::Running)
                .collect()
        };
        for instance in pausing {
            self.give_up(instance);
        }
        let core = Arc::clone(self);
        self.runtime.spawn(async move {
            tokio::time::sleep(core.settings.grace).await;
            let running = core.state().under_way();
            for instance in running {
                core.give_up(instance);
            }
            core.after_change();
        });
    }

    /// Ends an attempt as cancelled, whatever its body still does.
    fn give_up(self: &Arc<Self>, instance: InstanceId) {
        if let Some((_, cancel)) = lock(&self.attempts).remove(&instance) {
            cancel.request();
        }
        let (node, name, step, attempt, took) = {
            let mut state = self.state();
            let name = state.name(instance);
            let known = state.instance(instance);
            if matches!(known.phase, Phase::Ended(_)) {
                return;
            }
            let took = known.started.map(|started| started.elapsed()).unwrap_or_default();
            let facts = (known.node, name, known.step, known.attempt, took);
            state.cancelled(instance);
            facts
        };
        let reason = self
            .cancel_reason()
            .unwrap_or_else(|| "the run was stopped".into());
        let record = StepRecord {
            status: Status::Cancelled,
            attempt,
            ended: Some(self.now()),
            error: Some(reason.clone()),
            ..self.blank(node, &name, step)
        };
        self.recorder().ended(record, Vec::new(), None);
        self.tell(|| RunEvent::StepEnded {
            step: name,
            status: Status::Cancelled,
            took,
            error: Some(reason),
            element: false,
        });
    }

    fn not_stored(self: &Arc<Self>, step: &str, error: String) {
        let stop = {
            let mut state = self.state();
            if state.first_failure.is_none() {
                state.first_failure = Some((step.to_owned(), StepFailure::new(FailureKind::Storage, error)));
            }
            self.settings.failure == FailurePolicy::FailFast
        };
        if stop {
            self.stop(
                Status::Skipped,
                format!("not run because the outputs of `{step}` could not be stored"),
            );
        }
    }

    /// Lets an instance run again after a pause.
    pub(crate) fn resume_after(self: &Arc<Self>, instance: InstanceId, pause: Duration) {
        let core = Arc::clone(self);
        let resume = move || {
            core.state().resume(instance);
            core.pump();
        };
        if pause.is_zero() {
            resume();
            return;
        }
        self.runtime.spawn(async move {
            tokio::time::sleep(pause).await;
            resume();
        });
    }

    /// An attempt has taken longer than it may.
    pub(crate) fn timed_out(
        self: &Arc<Self>,
        task: &Task,
        timeout: Duration,
        retry: Retry,
        lingers: bool,
        started: DateTime<Utc>,
    ) {
        let failure = StepFailure::new(
            FailureKind::Timeout,
            format!("it took longer than its timeout of {timeout:?}"),
        );
        if let Some((attempt, cancel)) = lock(&self.attempts).get(&task.instance)
            && *attempt == task.attempt
        {
            cancel.request();
        }
        let again = task.attempt <= retry.max;
        {
            let mut state = self.state();
            let instance = state.instance(task.instance);
            if instance.phase != Phase::Running || instance.attempt != task.attempt {
                return;
            }
            match (again, lingers) {
                (true, true) => state.pause(task.instance, Phase::Lingering),
                (true, false) => state.pause(task.instance, Phase::Pausing),
                (false, _) => state.fail(task.instance, failure.clone()),
            }
        }
        if !again {
            self.record_failed(task, &failure, Some(started));
        } else if lingers {
            self.record_retrying(task, &failure, Duration::ZERO, started);
            self.bound_lingering(task, &failure, started);
        } else {
            let pause = retry.pause(task.attempt + 1, random());
            self.record_retrying(task, &failure, pause, started);
            self.resume_after(task.instance, pause);
        }
        self.after_failure();
        self.pump();
    }

    /// A body that was given up can't run twice at once in one process; when it doesn't end, the step fails.
    fn bound_lingering(self: &Arc<Self>, task: &Task, failure: &StepFailure, started: DateTime<Utc>) {
        let (core, task, failure) = (Arc::clone(self), task.clone(), failure.clone());
        self.runtime.spawn(async move {
            tokio::time::sleep(core.settings.grace).await;
            let message = format!(
                "{}; it was not tried again, because its body still ran {:?} later and can't be stopped",
                failure.message(),
                core.settings.grace
            );
            let failure = StepFailure::new(FailureKind::Timeout, message);
            {
                let mut state = core.state();
                let instance = state.instance(task.instance);
                if instance.phase != Phase::Lingering || instance.attempt != task.attempt {
                    return;
                }
                state.fail(task.instance, failure.clone());
            }
            core.record_failed(&task, &failure, Some(started));
            core.after_failure();
            core.pump();
        });
    }

    /// After the state knows of a failure: stops the rest when the policy says so.
    pub(crate) fn after_failure(self: &Arc<Self>) {
        let stopping = self.state().stopping.is_some();
        if stopping {
            self.stop_attempts();
        }
        self.after_change();
    }

    pub(crate) fn record_retrying(
        &self,
        task: &Task,
        failure: &StepFailure,
        pause: Duration,
        started: DateTime<Utc>,
    ) {
        let record = StepRecord {
            status: Status::Retrying,
            attempt: task.attempt,
            started: Some(started),
            error: Some(failure.to_string()),
            ..self.blank(task.node, &task.name, task.step)
        };
        self.recorder().mark(record);
        self.tell(|| RunEvent::StepRetrying {
            step: task.name.clone(),
            attempt: task.attempt,
            pause,
            error: failure.to_string(),
        });
    }

    pub(crate) fn record_failed(&self, task: &Task, failure: &StepFailure, started: Option<DateTime<Utc>>) {
        let record = StepRecord {
            status: Status::Failed,
            attempt: task.attempt,
            started,
            ended: Some(self.now()),
            error: Some(failure.to_string()),
            metadata: lock(&task.said.metadata).clone(),
            ..self.blank(task.node, &task.name, task.step)
        };
        self.record_end(task, record, failure);
    }

    pub(crate) fn record_end(&self, task: &Task, record: StepRecord, failure: &StepFailure) {
        let status = record.status;
        self.recorder().ended(record, Vec::new(), None);
        let started = self.state().instance(task.instance).started;
        self.tell(|| RunEvent::StepEnded {
            step: task.name.clone(),
            status,
            took: started.map(|started| started.elapsed()).unwrap_or_default(),
            error: Some(failure.to_string()),
            element: task.element,
        });
    }

    pub(crate) fn outputs(&self) -> Vec<Option<Slot>> {
        self.state().outputs()
    }
}

/// A number from 0 to 1 for the jitter of pauses; nothing depends on its quality.
pub(crate) fn random() -> f64 {
    let bits = Uuid::now_v7().as_u128() as u32;
    f64::from(bits) / f64::from(u32::MAX)
}
