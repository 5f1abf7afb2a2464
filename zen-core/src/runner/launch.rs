//! Starting a pipeline: on which stack, with which options.

mod prepare;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use uuid::Uuid;

use self::prepare::{aborting, follow_the_newest};
use super::Orchestrator;
use super::arguments::Arguments;
use super::core::{RunCore, Settings};
use super::events::{Observer, RunEvent};
use super::executor::{Executor, InProcess};
use super::resume::{Finished, Resume, resumed};
use super::tracking::Tracking;
use super::{FailurePolicy, Run, RunError, RunHandle, interrupt};
use crate::client::blocking;
use crate::graph::failure::chain;
use crate::graph::{CachePolicy, Hooks, IntoHook, Isolation, Pipeline, PipelineOutput};
use crate::metadata::{Change, MetadataError, ProgramRecord, RunRecord, RunSlot, Status};
use crate::stack::{Stack, git_commit, host, program, program_path, user};

/// A pipeline that is about to be run, with options of the run.
///
/// ```
/// use zen_core::prelude::*;
///
/// #[step]
/// fn one() -> u8 { 1 }
/// #[pipeline]
/// fn small() -> Artifact<u8> { one() }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let stack = Stack::in_memory()?;
/// let run = small().on(&stack).cache(false).parallel(4).failure(FailurePolicy::FailFast).quiet().run().await?;
/// assert_eq!(run.status(), Status::Completed);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing happens until `.run().await`"]
pub struct Launch<O> {
    pub(super) pipeline: Pipeline<O>,
    pub(super) stack: Option<Stack>,
    cache: CachePolicy,
    failure: Option<FailurePolicy>,
    parallel: Option<usize>,
    grace: Duration,
    observer: Option<Arc<dyn Observer>>,
    name: Option<String>,
    tags: Vec<String>,
    pub(super) executor: Option<Arc<dyn Executor>>,
    isolation: Isolation,
    hooks: Hooks,
    hook_timeout: Duration,
    interrupts: bool,
    pub(super) resume: Option<Resume>,
    pub(super) slot: Option<RunSlot>,
    only: Option<String>,
}

macro_rules! launch_options {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*);)+) => {
        impl<O: PipelineOutput> Pipeline<O> {$(
            $(#[$doc])*
            pub fn $name(self, $($argument: $type),*) -> Launch<O> {
                Launch::new(self).$name($($argument),*)
            }
        )+}
    };
}

launch_options! {
    /// Runs on this stack instead of the project's. See [`Launch`] for all options.
    on(stack: &Stack);
    /// See [`Launch::cache`].
    cache(policy: impl Into<CachePolicy>);
    /// See [`Launch::failure`].
    failure(policy: FailurePolicy);
    /// See [`Launch::parallel`].
    parallel(attempts: usize);
    /// See [`Launch::isolation`].
    isolation(isolation: Isolation);
    /// See [`Launch::hook_timeout`].
    hook_timeout(timeout: Duration);
    /// See [`Launch::quiet`].
    quiet();
    /// See [`Launch::named`].
    named(name: impl Into<String>);
    /// See [`Launch::only`].
    only(step: impl Into<String>);
    /// See [`Launch::resume`].
    resume(run: Uuid);
    /// See [`Launch::resume_last`].
    resume_last();
}

impl<O: PipelineOutput> Pipeline<O> {
    /// Runs the pipeline on the project's stack and waits for its end. See [`Launch`] for options.
    ///
    /// Steps run in parallel as far as their inputs allow; those whose key is known take their outputs from the cache. When this
    /// returns, everything the run made is stored.
    ///
    /// # Errors
    /// When the graph has a mistake, the stack can't be opened, a step failed, or the run was cancelled.
    pub async fn run(self) -> Result<Run<O>, RunError> {
        Launch::new(self).run().await
    }

    /// Starts the pipeline on the project's stack.
    ///
    /// # Errors
    /// When the graph has a mistake or the stack can't be opened.
    pub async fn start(self) -> Result<RunHandle<O>, RunError> {
        Launch::new(self).start().await
    }

    /// The launch options, without setting any.
    pub fn launch(self) -> Launch<O> {
        Launch::new(self)
    }
}

impl<O: PipelineOutput> Launch<O> {
    fn new(pipeline: Pipeline<O>) -> Self {
        Self {
            pipeline,
            stack: None,
            cache: CachePolicy::default(),
            failure: None,
            parallel: None,
            grace: Duration::from_secs(30),
            observer: super::progress::of_environment(),
            name: None,
            tags: Vec::new(),
            executor: None,
            isolation: Isolation::default(),
            hooks: Hooks::new(),
            hook_timeout: Duration::from_secs(60),
            interrupts: true,
            resume: None,
            slot: None,
            only: None,
        }
    }

    /// Runs on this stack instead of the project's.
    pub fn on(mut self, stack: &Stack) -> Self {
        self.stack = Some(stack.clone());
        self
    }

    /// Turns the cache on or off for this run, or gives a [`CachePolicy`], above what calls, steps and the pipeline say.
    pub fn cache(mut self, policy: impl Into<CachePolicy>) -> Self {
        self.cache = policy.into();
        self
    }

    /// What becomes of the other steps when one fails (default: as the stack's [`Orchestrator`] says, else
    /// [`FailurePolicy::StopDependents`]).
    pub fn failure(mut self, policy: FailurePolicy) -> Self {
        self.failure = Some(policy);
        self
    }

    /// How many attempts may be made at once (default: as the stack's [`Orchestrator`] says, else the number of processors, and at least 4).
    /// At least 1.
    pub fn parallel(mut self, attempts: usize) -> Self {
        self.parallel = Some(attempts.max(1));
        self
    }

    /// How long a synchronous body that was told to stop may still take before it is given up (default 30 s).
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Prints no progress. The environment variable `ZEN_PROGRESS=off` does the same for all runs.
    ///
    /// Otherwise progress goes to the standard error: to a terminal as [`LiveProgress`](super::LiveProgress), elsewhere and in continuous
    /// integration (`CI` is set) as [`PlainLines`](super::PlainLines). `ZEN_PROGRESS=plain` asks for plain lines also on a terminal,
    /// `ZEN_PROGRESS=live` for live ones also where `CI` is set.
    pub fn quiet(mut self) -> Self {
        self.observer = None;
        self
    }

    /// Tells this observer what happens, instead of printing lines.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The run's name (default: the pipeline's name and the time), at most 255 bytes.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a label of at most 255 bytes to the run.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Executes step bodies with this executor (default: that of the stack's [`Orchestrator`], else [`InProcess`]), but for [isolated](Self::isolation) ones.
    pub fn executor(mut self, executor: Arc<dyn Executor>) -> Self {
        self.executor = Some(executor);
        self
    }

    /// Runs every step in a process of its own ([`Isolation::process`]) or none ([`Isolation::none`]), above what calls and steps say; and sets
    /// up these processes.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation.over(&self.isolation);
        self
    }

    /// Calls this [hook](crate::graph::Hook) when the run has completed, after the pipeline's own; see [`Pipeline::on_success`].
    pub fn on_success<Kind>(mut self, hook: impl IntoHook<Kind>) -> Self {
        self.hooks = self.hooks.on_success(hook);
        self
    }

    /// Calls this [hook](crate::graph::Hook) when the run has failed, after the pipeline's own; see [`Pipeline::on_failure`].
    pub fn on_failure<Kind>(mut self, hook: impl IntoHook<Kind>) -> Self {
        self.hooks = self.hooks.on_failure(hook);
        self
    }

    /// How long each [hook](crate::graph::Hook) of the run and of its steps may take before it is given up (default 1 minute). At most 64
    /// hooks of steps are called at once; others wait for their turn, no longer than this.
    pub fn hook_timeout(mut self, timeout: Duration) -> Self {
        self.hook_timeout = timeout;
        self
    }

    /// Whether Ctrl-C and SIGTERM cancel the run (default yes). A second one ends the program at once.
    pub fn handle_interrupts(mut self, yes: bool) -> Self {
        self.interrupts = yes;
        self
    }

    /// Continues an interrupted or failed run in a new one: a step that it finished is not executed again, also when its cache is
    /// off, unless its code or inputs have changed. The graph must be the same.
    pub fn resume(mut self, run: Uuid) -> Self {
        self.resume = Some(Resume::Run(run));
        self
    }

    /// Continues the newest run of this pipeline; when that has completed or there is none, starts afresh.
    pub fn resume_last(mut self) -> Self {
        self.resume = Some(Resume::Last);
        self
    }

    /// The slot of a schedule that the run is for.
    pub(crate) fn for_slot(mut self, slot: RunSlot) -> Self {
        self.slot = Some(slot);
        self
    }

    /// Executes only this step and, of the steps it needs, those whose outputs aren't in the cache; all others are recorded as skipped. The step itself is
    /// executed also when the cache has its outputs. A step inside a closure of `each` or `when` stands for itself in all elements, by its
    /// name in the graph.
    ///
    /// The pipeline's outputs can't be loaded from the run when their steps are among those that were skipped.
    pub fn only(mut self, step: impl Into<String>) -> Self {
        self.only = Some(step.into());
        self
    }

    /// Runs and waits for the end.
    ///
    /// # Errors
    /// As [`Pipeline::run`], and when the run to resume can't be.
    pub async fn run(self) -> Result<Run<O>, RunError> {
        self.start().await?.wait().await
    }

    /// Starts the run.
    ///
    /// # Errors
    /// When the graph has a mistake, the stack can't be opened, or the run to resume can't be.
    pub async fn start(self) -> Result<RunHandle<O>, RunError> {
        let runtime = Handle::try_current().map_err(|error| RunError::Runtime(error.to_string()))?;
        let graph = self.checked()?;
        let only = self.part(&graph)?;
        let (stack, name) = (self.stack.clone(), self.pipeline.name.clone());
        let (graph_hash, resume) = (graph.hash(), self.resume);
        let tracked = Arc::clone(&graph);
        let (stack, resumed, process, orchestrator, tracking) = blocking_start(move || {
            let stack = match stack {
                Some(stack) => stack,
                None => Stack::active()?,
            };
            // Better now than in the middle of the run.
            stack.ready()?;
            stack.settle_dead_runs()?;
            let orchestrator = stack.component::<Orchestrator>()?;
            let orchestrator =
                orchestrator.unwrap_or_else(|| Arc::new(Orchestrator::new(Arc::new(InProcess))));
            let resumed = resumed(&stack, &name, graph_hash, resume)?;
            follow_the_newest(&stack)?;
            let process = stack.process()?;
            let tracking = Tracking::of(&stack, &tracked)?;
            Ok((stack, resumed, process, orchestrator, tracking))
        })
        .await?;
        let (resumed_from, finished) =
            resumed.map_or((None, Finished::new()), |(run, steps)| (Some(run), steps));
        let started = stack.clock().now();
        let run = crate::ids::next();
        let run_name = self.name.clone().unwrap_or_else(|| {
            format!(
                "{}-{}",
                self.pipeline.name,
                started.format("%Y_%m_%d-%H_%M_%S_%6f")
            )
        });
        let project = stack.project();
        let scratch = process.and_then(|process| stack.scratch_of(process));
        let settings = Settings {
            only,
            scratch: scratch.unwrap_or_else(std::env::temp_dir),
            ..self.settings(&stack, run, run_name.clone(), finished, &orchestrator)
        };
        let arguments = Arguments::of(&self.pipeline, Some(run), started);
        let record = RunRecord {
            id: run,
            pipeline: self.pipeline.name.clone(),
            pipeline_version: 0,
            pipeline_path: self.pipeline.path.clone(),
            graph_hash,
            name: run_name.clone(),
            status: Status::Running,
            arguments: self.pipeline.arguments.json(),
            arguments_encoded: arguments.recorded.clone(),
            started,
            ended: None,
            process,
            pid: std::process::id(),
            host: host(),
            user: user(),
            git_commit: git_commit(&project),
            zen_version: env!("CARGO_PKG_VERSION").to_owned(),
            program: Some(ProgramRecord {
                path: program_path(),
                digest: None,
            }),
            resumed_from,
            slot: self.slot,
            error: None,
            died: false,
            tags: self.tags,
        };
        let aborting = aborting(&graph);
        let recorded_graph = Arc::clone(&graph);
        let begun = record.clone();
        let core = RunCore::new(
            settings,
            graph,
            stack.clone(),
            self.executor
                .unwrap_or_else(|| Arc::clone(&orchestrator.executor)),
            runtime.clone(),
            self.observer,
            tracking,
        )
        .map_err(|error| RunError::Runtime(error.to_string()))?;
        // Written before the first step starts: who looks finds the run, and a crash leaves a trace.
        let recording = stack.clone();
        let recorded = blocking_start(move || {
            let stored = arguments.store(&recording)?;
            let started = |graph| {
                let run = Box::new(record.clone());
                let mut changes = vec![Change::RunStarted { run, graph }];
                changes.extend(stored.as_ref().map(|(artifact, _)| artifact.clone()));
                recording.metadata().apply(&changes)
            };
            // Most runs are of a graph that is known; only a new one is written out.
            match started(None) {
                Err(MetadataError::UnknownGraph { pipeline, .. }) => Ok(started(Some(
                    crate::graph::graph_json(&pipeline, &recorded_graph),
                ))?),
                other => Ok(other?),
            }
        });
        if let Err(error) = recorded.await {
            // Only ends the thread: nothing was put in.
            let _ = core.recorder().close();
            never_began(&stack, run, &error).await;
            return Err(error);
        }
        if let Some(tracking) = core.tracking() {
            tracking.begin(&core, &begun);
        }
        core.tell(|| RunEvent::RunStarted {
            pipeline: self.pipeline.name.clone(),
            run,
            name: run_name,
            steps: core.state().steps(),
        });
        if let Some(step) = aborting {
            core.tell(|| RunEvent::Warning {
                message: format!(
                    "`{step}` was built with panic = \"abort\": a panic in a step ends the whole program instead of \
                     failing the step; remove it from the cargo profile"
                ),
            });
        }
        if self.interrupts {
            interrupt::watch(&core, &runtime);
        }
        // Hashing a large executable takes a while: begun now, it is ready when the run ends.
        let programs = stack.home().map(|home| home.join("cache").join("programs"));
        let _ = super::pool::spawn(move || drop(program(programs.as_deref())));
        core.after_change();
        core.pump();
        Ok(RunHandle::new(core, stack))
    }
}

/// A store may have written the run's start and then failed to say so: then the run has failed. Otherwise nothing is known of it.
async fn never_began(stack: &Stack, run: Uuid, error: &RunError) {
    let metadata = Arc::clone(stack.metadata());
    let died = Change::RunDied {
        run,
        error: chain(error),
        noticed: stack.clock().now(),
    };
    let _ = blocking_start(move || Ok(metadata.apply(&[died])?)).await;
}

/// Blocking work at the start, whose errors are of several kinds.
pub(super) async fn blocking_start<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, RunError> + Send + 'static,
) -> Result<R, RunError> {
    blocking(move || Ok(work())).await?
}
