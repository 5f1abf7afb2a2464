//! A program with schedules whose schedulers are stopped, killed and started again: what the program `timekeeper` does.

pub mod check;
pub mod declare;
pub mod journal;
pub mod pipelines;
pub mod process;
pub mod schedulers;
pub mod soak;
