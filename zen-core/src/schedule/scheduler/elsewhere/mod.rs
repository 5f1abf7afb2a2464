//! Runs that another program of the project executes: the scheduler's own doesn't have the pipeline.
//!
//! The kept copy of the program that made the schedule is started as `program --zen-scheduled <schedule>`. `#[zen_core::main]` sees it and
//! never runs the user's `main` ([`child`]). The two say lines of JSON to each other over a Unix socket ([`wire`]), which is the process's standard
//! input until it has taken it away from there. When the scheduler dies, the process reads the end of the socket and cancels its run. The
//! hooks of such a schedule are that program's too: it is started once more to call them, when the slot is settled.

mod child;
mod parent;
mod wire;

pub(crate) use child::is_hooked;
pub use child::run_if_scheduled;
pub(super) use parent::{call_hooks, run};
