//! Secrets: where they are found, how they are kept, and that nothing tells them.

mod environment;
mod file;
#[cfg(target_os = "linux")]
mod nowhere;
mod processes;
mod redaction;
mod steps;
#[cfg(target_os = "linux")]
mod tokens;
