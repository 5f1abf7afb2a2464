//! A run while it goes on: hands out attempts, takes their results, and keeps time.
//!
//! There is no coordinating thread: whoever has finished an attempt takes the lock, settles it, and goes on with the next attempt
//! in the same thread, so that a chain of short steps costs no thread switch.

mod calls;
mod hooks;
mod record;
mod stopping;
mod timing;

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::graph::{CachePolicy, Component, FailureKind, Graph, Hooks, Isolation, StepFailure};
use crate::metadata::{Change, MetadataError, RunSlot, Status, StepRecord};
use crate::runner::FailurePolicy;
use crate::runner::attempt::Prepared;
use crate::runner::events::{Observer, RunEvent};
use crate::runner::executor::{Cancel, Executor, TaskResult};
use crate::runner::pool;
use crate::runner::recorder::{Recorder, RecorderEvents};
use crate::runner::state::{InstanceId, Only, Slot, State, Task};
use crate::runner::tracking::Tracking;
use crate::runner::upload::Budget;
use crate::stack::Stack;

/// What is fixed for the whole run.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) pipeline: String,
    /// What another process needs to build the pipeline again.
    pub(crate) pipeline_path: Option<String>,
    pub(crate) arguments: Vec<u8>,
    /// From the caller of the run, above all others.
    pub(crate) isolation: Isolation,
    pub(crate) run: Uuid,
    pub(crate) run_name: String,
    /// From the pipeline, below the step's and the call's.
    pub(crate) pipeline_cache: CachePolicy,
    /// From the caller of the run, above all others.
    pub(crate) run_cache: CachePolicy,
    pub(crate) failure: FailurePolicy,
    /// The one step that is to be run, if not all are.
    pub(crate) only: Option<Arc<Only>>,
    /// How many attempts may be made at once.
    pub(crate) parallel: usize,
    /// How long a body that was told to stop may take.
    pub(crate) grace: Duration,
    /// What is called after the run.
    pub(crate) hooks: Hooks,
    /// How long a hook may take.
    pub(crate) hook_timeout: Duration,
    /// For which slot of a schedule it is.
    pub(crate) slot: Option<RunSlot>,
    pub(crate) project: PathBuf,
    pub(crate) scratch: PathBuf,
    /// The finished steps of the run that this one continues, by name.
    pub(crate) resumed: HashMap<String, StepRecord>,
}

pub(crate) struct RunCore {
    pub(crate) settings: Settings,
    pub(crate) graph: Arc<Graph>,
    pub(crate) stack: Stack,
    /// The stack's components as steps see them, the stack itself among them.
    pub(crate) components: Arc<Vec<Component>>,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) runtime: Handle,
    pub(crate) budget: Arc<Budget>,
    pub(crate) run_cancelled: Arc<AtomicBool>,
    recorder: OnceLock<Arc<Recorder>>,
    tracking: Option<Arc<Tracking>>,
    observer: Option<Arc<dyn Observer>>,
    /// Held while the observer is told something, so that it is told one thing at a time.
    telling: Mutex<()>,
    state: Mutex<State>,
    /// The attempts that are being made, to tell them to stop.
    attempts: Mutex<HashMap<InstanceId, (u32, Arc<Cancel>)>>,
    cancel_reason: Mutex<Option<String>>,
    broken: Mutex<Option<Broken>>,
    hooks: calls::Calls,
    finished: Notify,
    started: Instant,
}

impl fmt::Debug for RunCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunCore({})", self.settings.run)
    }
}

/// Why nothing more is recorded, and which step was the first that was not.
#[derive(Clone)]
pub(crate) struct Broken {
    pub(crate) error: Arc<MetadataError>,
    pub(crate) step: Option<String>,
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

    fn cancel_requested(&self, by: &str) {
        if let Some(run) = self.0.upgrade() {
            run.cancel(&format!("cancelled on request by {by}"));
        }
    }

    fn written(&self, changes: &[Change]) {
        if let Some(run) = self.0.upgrade()
            && let Some(tracking) = &run.tracking
        {
            tracking.hear(changes);
        }
    }

    fn broken(&self, error: Arc<MetadataError>, step: Option<String>) {
        if let Some(run) = self.0.upgrade() {
            if matches!(
                *error,
                MetadataError::SlotTaken { .. } | MetadataError::Fenced { .. }
            ) {
                // The work is somebody else's: whoever is called hears it from there.
                run.stop_hooks();
            }
            *lock(&run.broken) = Some(Broken { error, step });
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
        tracking: Option<Arc<Tracking>>,
    ) -> std::io::Result<Arc<Self>> {
        let core = Self::of(settings, graph, stack, executor, runtime, observer, tracking);
        let reports = Arc::new(Reports(Arc::downgrade(&core)));
        let run = core.settings.run;
        let recorder = Recorder::start(Arc::clone(core.stack.metadata()), run, reports)?;
        core.recorder.get_or_init(|| Arc::new(recorder));
        Ok(core)
    }

    /// Without a recorder: for a look at what would happen. Nothing may be executed.
    pub(crate) fn unrecorded(
        settings: Settings,
        graph: Arc<Graph>,
        stack: Stack,
        executor: Arc<dyn Executor>,
        runtime: Handle,
        observer: Option<Arc<dyn Observer>>,
    ) -> Arc<Self> {
        Self::of(settings, graph, stack, executor, runtime, observer, None)
    }

    fn of(
        settings: Settings,
        graph: Arc<Graph>,
        stack: Stack,
        executor: Arc<dyn Executor>,
        runtime: Handle,
        observer: Option<Arc<dyn Observer>>,
        tracking: Option<Arc<Tracking>>,
    ) -> Arc<Self> {
        let state = State::new(Arc::clone(&graph), settings.failure, settings.only.clone());
        // Not among the stack's own components, which would own themselves then.
        let mut components = stack.components().to_vec();
        components.push(Component::new(
            "stack",
            stack.name(),
            "stack",
            Arc::new(stack.clone()),
        ));
        if let Some(tracking) = &tracking {
            let run = settings.run_name.clone();
            components.push(Component::new("tracked_run", run, "run", tracking.current()));
        }
        Arc::new(Self {
            settings,
            graph,
            stack,
            components: Arc::new(components),
            executor,
            runtime,
            budget: Arc::default(),
            run_cancelled: Arc::default(),
            recorder: OnceLock::new(),
            tracking,
            observer,
            telling: Mutex::new(()),
            state: Mutex::new(state),
            attempts: Mutex::default(),
            cancel_reason: Mutex::default(),
            broken: Mutex::default(),
            hooks: calls::Calls::default(),
            finished: Notify::new(),
            started: Instant::now(),
        })
    }

    pub(crate) fn recorder(&self) -> &Arc<Recorder> {
        // Set by `new` before anybody else sees the core; who only looks at what would happen records nothing.
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

    /// What the stack's experiment tracker hears of the run.
    pub(crate) fn tracking(&self) -> Option<&Arc<Tracking>> {
        self.tracking.as_ref()
    }

    /// Whether anybody is told of progress.
    pub(crate) fn is_observed(&self) -> bool {
        self.observer.is_some()
    }

    pub(crate) fn tell(&self, event: impl FnOnce() -> RunEvent) {
        if let Some(observer) = &self.observer {
            let event = event();
            let _one_at_a_time = lock(&self.telling);
            observer.event(&event);
        }
    }

    /// The numbers are read when nobody else is telling any, so that they come in order.
    fn tell_of_fan_outs(&self) {
        let Some(observer) = &self.observer else { return };
        let _one_at_a_time = lock(&self.telling);
        let fan_outs = self.state().fan_outs_now();
        for fan_out in fan_outs {
            observer.event(&RunEvent::Elements {
                step: fan_out.name,
                total: fan_out.total,
                done: fan_out.done,
                failed: fan_out.failed,
                running: fan_out.running,
            });
        }
    }

    /// Whom to tell what steps log, when somebody wants to know.
    pub(crate) fn log_listener(self: &Arc<Self>) -> Option<Weak<Self>> {
        let wanted = self
            .observer
            .as_ref()
            .is_some_and(|observer| observer.wants_logs());
        wanted.then(|| Arc::downgrade(self))
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
        let (not_run, finished, fan_outs) = {
            let mut state = self.state();
            let fan_outs = self.observer.is_some() && state.fan_outs_changed();
            (std::mem::take(&mut state.not_run), state.is_finished(), fan_outs)
        };
        if fan_outs {
            self.tell_of_fan_outs();
        }
        for step in not_run {
            self.record_not_run(step);
        }
        if finished {
            self.finished.notify_waiters();
        }
    }

    pub(crate) fn cancel_reason(&self) -> Option<String> {
        lock(&self.cancel_reason).clone()
    }

    pub(crate) fn broken(&self) -> Option<Broken> {
        lock(&self.broken).clone()
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
