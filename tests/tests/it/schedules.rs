//! Schedules: kept, fired, taken over and settled.

mod support;

mod calendar;
mod life;
mod policies;
