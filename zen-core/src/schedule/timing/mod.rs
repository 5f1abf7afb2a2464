//! The value type [`Schedule`]: which instants are due. Nothing here waits, stores or runs anything.

mod cron;
mod duration;
mod error;
mod form;
mod getters;
mod instant;
mod interval;
mod kind;
mod policies;
mod schedule;
mod slots;
mod window;
mod words;
mod zone;

pub use chrono_tz::Tz;
pub use error::ScheduleError;
pub use policies::{CatchUp, Interrupted, Overlap};
pub use schedule::Schedule;
pub use slots::Slots;
