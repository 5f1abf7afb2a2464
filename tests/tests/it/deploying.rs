//! Deploying models: real servers, from outside.

mod again;
mod conformance;
mod elsewhere;
mod faults;
mod finding;
mod network;
mod pipeline;
mod program;
pub mod project;
mod replace;
mod together;
mod tokens;

/// Whether a process with this id runs.
pub fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}
