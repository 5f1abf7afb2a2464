//! Schedules: kept, fired, taken over and settled.

mod support;

mod calendar;
mod hooks;
mod life;
mod policies;
#[cfg(target_os = "linux")]
mod units;
