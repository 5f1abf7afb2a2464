//! Schedules: kept, fired, taken over and settled.

mod support;

mod calendar;
#[cfg(unix)]
mod cancelled;
#[cfg(unix)]
mod elsewhere;
mod faults;
mod hooks;
mod interrupted;
mod life;
mod policies;
#[cfg(unix)]
mod processes;
#[cfg(unix)]
mod project;
mod random;
#[cfg(unix)]
mod soak;
#[cfg(target_os = "linux")]
mod units;
