//! The scheduler, and how it is set up.

use std::future::Future;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use super::events::SchedulerObserver;
use super::lines::Lines;
use super::others::Terms;
use super::outcome::SchedulerEnd;
use super::running::Running;
use crate::client::blocking;
use crate::schedule::SchedulingError;
use crate::stack::Stack;

/// Fires the slots of a project's schedules, from within a program that has their pipelines.
///
/// It wakes for each slot when it is due, and once a second to see what other processes have changed. Any number of schedulers may work on one
/// store, in one process or in several: each slot is claimed by one of them, in the metadata store and before its run starts. When a
/// scheduler's process dies another one takes its slots over, at once on the same machine and within ten seconds otherwise, by the schedule's
/// policy ([`Interrupted`](crate::schedule::Interrupted)); from a process that is there and has given no sign of life, as one that was stopped, after half
/// a minute. A pipeline that this program doesn't have is run by the program that made the schedule, of which a copy is kept; a slot that this
/// scheduler can't run at all is left to others for a minute, and fails then.
/// What the dead one or one that only seemed dead does from then on is not recorded. But what a step does outside zen (a mail it sends, a
/// table it writes to) is done *at least once*: an interrupted run may have done it before it is done again.
///
/// A program that ends gives its runs time to end ([`grace`](Self::grace)), and then cancels them.
///
/// ```no_run
/// use std::time::Duration;
/// use zen_core::prelude::*;
/// use zen_core::schedule::{Schedule, Scheduler, SchedulerEnd};
///
/// #[step]
/// fn train() -> f64 { 0.5 }
/// #[pipeline]
/// fn training() -> Artifact<f64> { train() }
///
/// #[zen_core::main]
/// async fn main() -> Result<SchedulerEnd> {
///     training().schedule("nightly", Schedule::cron("0 2 * * *")?).await?;
///     Ok(Scheduler::new().run().await?) // until SIGTERM or Ctrl-C
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is fired until `.run().await`"]
pub struct Scheduler {
    stack: Option<Stack>,
    pub(super) concurrency: usize,
    pub(super) grace: Duration,
    pub(super) observer: Option<Arc<dyn SchedulerObserver>>,
    pub(super) quiet: bool,
    pub(super) interrupts: bool,
    pub(super) terms: Terms,
}

impl Default for Scheduler {
    fn default() -> Self {
        Self::new()
    }
}

impl Scheduler {
    /// A scheduler of the project's stack.
    pub fn new() -> Self {
        Self {
            stack: None,
            concurrency: available_parallelism().map_or(8, |n| n.get().max(8)),
            grace: Duration::from_secs(30),
            observer: Lines::of_environment(),
            quiet: false,
            interrupts: true,
            terms: Terms::default(),
        }
    }

    /// Works on the schedules of this stack instead of the project's.
    pub fn on(mut self, stack: &Stack) -> Self {
        self.stack = Some(stack.clone());
        self
    }

    /// How many runs may be under way at once in this scheduler (default: the number of processors, and at least 8). At least 1. What is due
    /// beyond that waits, or is taken by another scheduler.
    pub fn concurrency(mut self, runs: usize) -> Self {
        self.concurrency = runs.max(1);
        self
    }

    /// How long runs may still take when the scheduler is stopped, before they are cancelled (default 30 s). Cancelled ones then have the time
    /// that [`Launch::grace`](crate::runner::Launch::grace) gives them (30 s).
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Prints nothing, and its runs print nothing either. The environment variable `ZEN_PROGRESS=off` does the same.
    ///
    /// Otherwise a line for each slot goes to the standard error, beside what the runs print.
    pub fn quiet(mut self) -> Self {
        self.observer = None;
        self.quiet = true;
        self
    }

    /// Tells this observer what happens, instead of printing lines.
    pub fn observer(mut self, observer: Arc<dyn SchedulerObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Whether runs print their progress (default yes).
    pub fn show_runs(mut self, yes: bool) -> Self {
        self.quiet = !yes;
        self
    }

    /// Whether Ctrl-C and SIGTERM stop the scheduler (default yes): the first does what the end of [`run_until`](Self::run_until)'s future does, a second
    /// one cancels the runs at once, a third one ends the program with code 130.
    pub fn handle_interrupts(mut self, yes: bool) -> Self {
        self.interrupts = yes;
        self
    }

    /// How long another scheduler that holds slots may be silent before this one takes them over: one of another machine, and one whose
    /// process is known to be alive. For tests, which can't wait.
    #[doc(hidden)]
    pub fn silence(mut self, elsewhere: Duration, alive: Duration) -> Self {
        self.terms = Terms { elsewhere, alive };
        self
    }

    /// Fires slots until SIGTERM or Ctrl-C.
    ///
    /// # Errors
    /// When the stack can't be opened or its metadata store can't be written when it begins. Later failures of the store are waited out.
    pub async fn run(self) -> Result<SchedulerEnd, SchedulingError> {
        self.run_until(std::future::pending()).await
    }

    /// Fires slots until `stop` is ready, or SIGTERM or Ctrl-C. Then it claims nothing more, and ends when its runs have.
    ///
    /// Dropped before it is ready, it cancels its runs, and another scheduler takes the slots over.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use zen_core::prelude::*;
    /// # use zen_core::schedule::{Schedule, Scheduler, SchedulerEnd};
    /// # #[step]
    /// # fn one() -> u8 { 1 }
    /// # #[pipeline]
    /// # fn often() -> Artifact<u8> { one() }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let stack = Stack::in_memory()?;
    /// often().schedule("often", Schedule::every(Duration::from_millis(20))?.max_runs(2)?).on(&stack).await?;
    /// let client = Client::of(stack.clone());
    /// let all_done = async {
    ///     while client.schedule("often").unwrap().record().fired < 2 {
    ///         tokio::time::sleep(Duration::from_millis(10)).await;
    ///     }
    /// };
    /// let end = Scheduler::new().on(&stack).quiet().run_until(all_done).await?;
    /// assert_eq!(end, SchedulerEnd::Drained);
    /// assert_eq!(client.last_run("often")?.status(), Status::Completed);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<SchedulerEnd, SchedulingError> {
        tokio::runtime::Handle::try_current().map_err(|error| SchedulingError::Runtime(error.to_string()))?;
        let stack = match &self.stack {
            Some(stack) => stack.clone(),
            None => blocking(|| Ok(Stack::active()?)).await?,
        };
        Running::begin(stack, self).await?.until(stop).await
    }
}
