//! The metadata store in a SQLite database.

mod apply;
mod apply_each;
mod artifacts;
mod cached;
mod cancel_requests;
mod edges;
mod fault;
mod file;
mod hooks;
mod ids;
mod known;
mod leases;
mod look;
mod migrations;
mod objects;
mod observations;
mod open;
mod options;
mod pipelines;
mod programs;
mod prune;
mod readers;
mod revisions;
mod runs;
mod schedule_changes;
mod schedulers;
mod schedules;
mod service_versions;
mod services;
mod slots;
mod step_queries;
mod steps;
mod store;
#[cfg(test)]
mod tests;
mod trackings;
mod upkeep;
mod values;

pub use options::{Durability, SqliteOptions};
pub use store::SqliteMetadata;
