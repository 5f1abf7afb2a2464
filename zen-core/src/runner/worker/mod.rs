//! Steps in processes of their own.
//!
//! A worker is this program's executable, started again as `program --zen-worker <step> <run>`. `#[zen_core::main]` sees it and never runs the
//! user's `main` ([`child`]). The two talk over a Unix socket that is the worker's standard input until it has taken it away from there
//! ([`wire`]): the worker is told which pipeline to build, which of its nodes to execute and where the inputs are; it says what the step says,
//! and in the end what it made, which large values reach through the artifact store alone.
//!
//! The worker leads a process group. When it ends, however it ends, what is left of the group is ended too; a worker whose parent dies reads
//! the end of the socket, and ends itself and its group. So nothing of an attempt outlives it, unless it left the group to become a daemon; such
//! a one is found by its environment when the attempt was ended from outside (Linux).

mod attempt;
mod child;
mod end;
mod inputs;
mod memory;
mod output;
mod process;
mod remote;
mod secrets;
mod wire;

pub(crate) use attempt::WorkerTask;
pub(crate) use child::is_hooked;
pub use child::run_if_worker;
pub(crate) use inputs::{Sent, SentValue};
