//! What happens in a run, as it happens.

use std::fmt;
use std::time::Duration;

use tracing::Level;
use uuid::Uuid;

use crate::metadata::Status;

/// Something that happened in a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RunEvent {
    /// The run begins.
    #[non_exhaustive]
    RunStarted {
        /// The pipeline.
        pipeline: String,
        /// The run's id.
        run: Uuid,
        /// The run's name.
        name: String,
        /// How many steps will end, as far as is known: without those of the elements of fan-outs.
        steps: usize,
    },
    /// An attempt of a step begins.
    #[non_exhaustive]
    StepStarted {
        /// The step's name in the run.
        step: String,
        /// 1 for the first attempt.
        attempt: u32,
        /// Whether it is a step of an element of `each`, of which there may be very many.
        element: bool,
    },
    /// An attempt failed, and another one follows.
    #[non_exhaustive]
    StepRetrying {
        /// The step's name in the run.
        step: String,
        /// The attempt that failed.
        attempt: u32,
        /// After which pause it is tried again.
        pause: Duration,
        /// Why it failed.
        error: String,
        /// Whether it is a step of an element of `each`.
        element: bool,
    },
    /// A step added a line to its log; told only to an observer that [wants it](Observer::wants_logs).
    #[non_exhaustive]
    StepLogged {
        /// The step's name in the run.
        step: String,
        /// How important it is; what a step in a process of its own prints, and [`StepContext::log`](crate::graph::StepContext::log), is
        /// `INFO`.
        level: Level,
        /// The line, as the step wrote it: it may hold escape sequences and line breaks.
        message: String,
        /// Whether it is a step of an element of `each`.
        element: bool,
    },
    /// How far a fan-out is, when that has changed. A fan-out inside another one's elements belongs to these.
    #[non_exhaustive]
    Elements {
        /// The name of the step that collects the elements.
        step: String,
        /// How many elements there are.
        total: usize,
        /// How many have ended, in whatever way.
        done: usize,
        /// In how many a step has failed.
        failed: usize,
        /// How many attempts at steps of elements are being made now.
        running: usize,
    },
    /// A step ended.
    #[non_exhaustive]
    StepEnded {
        /// The step's name in the run.
        step: String,
        /// How.
        status: Status,
        /// How long the last attempt took.
        took: Duration,
        /// Why it failed or was skipped.
        error: Option<String>,
        /// Whether it is a step of an element of `each`.
        element: bool,
    },
    /// The run ended.
    #[non_exhaustive]
    RunEnded {
        /// The pipeline.
        pipeline: String,
        /// The run's id.
        run: Uuid,
        /// How.
        status: Status,
        /// How long it took.
        took: Duration,
        /// How many steps ended in each status.
        steps: Vec<(Status, usize)>,
    },
    /// Something the user should know.
    #[non_exhaustive]
    Warning {
        /// What.
        message: String,
    },
}

/// Is told what happens in a run. Called from the runner's threads, one event at a time: it must not block for long.
pub trait Observer: Send + Sync + fmt::Debug {
    /// Something happened.
    fn event(&self, event: &RunEvent);

    /// Whether it wants to be told of every line that a step logs ([`RunEvent::StepLogged`]). Asked before every attempt; when not, logging
    /// costs nothing more.
    fn wants_logs(&self) -> bool {
        false
    }
}
