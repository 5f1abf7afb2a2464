//! The scheduler: fires the slots of schedules as they come due.
//!
//! `running` is its loop. Each `look` reads what others have written (`agenda`), and writes what it has decided, a `draft` for each schedule that the
//! store refuses when the schedule has changed meanwhile: so of several schedulers that see a slot come due one claims it. A claimed slot is
//! `fire`d with a stack whose store refuses every record from the moment on that the slot is somebody else's, and `settle`d when its run has
//! ended. `beat` and `others` tell the dead from the living.

mod agenda;
mod beat;
mod builder;
mod draft;
#[cfg(unix)]
mod elsewhere;
mod events;
mod failures;
mod fire;
mod hooks;
mod lines;
mod look;
mod others;
mod outcome;
mod running;
mod settle;
mod signals;
mod stack_of;
mod work;

pub use builder::Scheduler;
#[cfg(unix)]
pub(crate) use elsewhere::is_hooked;
#[cfg(unix)]
pub use elsewhere::run_if_scheduled;
pub use events::{SchedulerEvent, SchedulerObserver};
pub(super) use hooks::name_of;
pub use outcome::SchedulerEnd;
