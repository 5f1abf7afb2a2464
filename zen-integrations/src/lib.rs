//! Integrations of zen with other systems: one folder a system, each behind a feature of its own.
//!
//! The framework itself lives in [`zen_core`] and names no vendor. Nothing is integrated yet: the artifact
//! stores on the local disk and in memory, and the SQLite metadata store, are part of `zen_core`.
pub use zen_core;
