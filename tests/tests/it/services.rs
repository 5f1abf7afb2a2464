//! Services: real processes, from outside. What is looked at is in `/proc`.
#![cfg(target_os = "linux")]

mod artifact;
mod children;
mod delete;
mod detached;
mod filters;
mod identity;
mod killed_starter;
mod last;
mod life;
mod local;
mod log_files;
mod logs;
mod names;
mod programs;
mod start_failures;
mod support;
mod together;
mod truth;
mod updates;
