//! The metadata store in a SQLite database.

mod apply;
mod artifacts;
mod cached;
mod edges;
mod fault;
mod file;
mod known;
mod leases;
mod migrations;
mod objects;
mod observations;
mod open;
mod options;
mod pipelines;
mod prune;
mod readers;
mod runs;
mod service_versions;
mod services;
mod step_queries;
mod steps;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;
mod values;

pub use options::{Durability, SqliteOptions};
pub use store::SqliteMetadata;
