//! The command line, seen from a terminal and from a script: the real program on projects made by real runs.

mod artifacts;
mod buckets;
mod components;
mod delegation;
mod ended;
mod errors;
mod ids;
mod init;
mod kept;
mod models;
mod precedence;
mod project;
mod reading;
mod running;
mod runs;
mod scheduler;
mod schedules;
mod secrets;
mod stacks;
mod terminal;
