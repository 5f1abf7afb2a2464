//! Schedules: kept, fired, taken over and settled.

mod support;

mod calendar;
mod faults;
mod hooks;
mod life;
mod policies;
#[cfg(unix)]
mod processes;
mod random;
#[cfg(unix)]
mod soak;
#[cfg(target_os = "linux")]
mod units;
