//! Functions that are called after steps and runs.

mod cancelled;
mod facts;
mod faults;
mod notes;
mod program;
mod registry;
mod runs;
mod steps;
mod unaffected;
