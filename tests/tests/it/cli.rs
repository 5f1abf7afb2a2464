//! The command line, seen from a terminal and from a script: the real program on projects made by real runs.

mod artifacts;
mod errors;
mod ids;
mod init;
mod models;
mod project;
mod reading;
mod runs;
mod schedules;
mod terminal;
