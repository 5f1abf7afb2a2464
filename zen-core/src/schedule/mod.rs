//! Schedules: running a pipeline again and again, by the clock.
//!
//! A [`Schedule`] says when a pipeline is due. [`Pipeline::schedule`](crate::graph::Pipeline::schedule) keeps it, with the pipeline's arguments,
//! in the project's metadata store, and a [`Scheduler`] in some program of the project fires its slots.
//!
//! Below these stand the `timing` of schedules, which knows no store, `plan`, which decides on the slots that have come due and is a function
//! of what is recorded and of the time alone, and `scheduler`, which carries it out.

mod create;
mod error;
mod options;
mod plan;
mod scheduler;
mod slot_view;
mod timing;
mod view;

pub use create::Scheduling;
pub use error::SchedulingError;
#[cfg(unix)]
pub use scheduler::run_if_scheduled;
pub use scheduler::{Scheduler, SchedulerEnd, SchedulerEvent, SchedulerObserver};
pub use slot_view::SlotView;
pub use timing::{CatchUp, Interrupted, Overlap, Schedule, ScheduleError, Slots, Tz};
pub use view::{ScheduleView, UnreadableSchedule};
