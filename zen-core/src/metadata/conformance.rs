//! What every metadata store must do, as checks that anybody can run against their own.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use zen_core::metadata::{SqliteMetadata, conformance};
//!
//! conformance::run_all(&|| Box::new(SqliteMetadata::in_memory().unwrap()));
//! # }
//! ```
//!
//! Times are compared to the microsecond.

mod artifacts;
mod cache;
mod cancelling;
mod fencing;
mod hooks;
mod ids;
mod leases;
mod names;
mod observations;
mod runs;
mod samples;
mod schedule_revisions;
mod schedule_upkeep;
mod schedules;
mod secrets;
mod service_versions;
mod services;
mod slots;
mod steps;
mod tracking;
mod transactions;
mod upkeep;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::MetadataStore;

/// One requirement. Panics, saying what is wrong, when the store does not meet it.
///
/// The store must be empty, and belongs to the check.
pub type Check = fn(&dyn MetadataStore);

/// All checks, by name.
pub fn checks() -> impl Iterator<Item = (&'static str, Check)> {
    [
        transactions::CHECKS,
        runs::CHECKS,
        cancelling::CHECKS,
        steps::CHECKS,
        artifacts::CHECKS,
        cache::CHECKS,
        observations::CHECKS,
        names::CHECKS,
        services::CHECKS,
        service_versions::CHECKS,
        leases::CHECKS,
        fencing::CHECKS,
        upkeep::CHECKS,
        schedules::CHECKS,
        schedule_revisions::CHECKS,
        slots::CHECKS,
        hooks::CHECKS,
        tracking::CHECKS,
        schedule_upkeep::CHECKS,
        ids::CHECKS,
        secrets::CHECKS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Runs all checks, each on a store of its own: `make` gives a new, empty one every time.
///
/// # Panics
/// When a check fails, with its name and with what is wrong.
pub fn run_all(make: &dyn Fn() -> Box<dyn MetadataStore>) {
    for (name, check) in checks() {
        let store = make();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&*store))) {
            let reason = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or(panic.downcast_ref::<&str>().copied());
            match reason {
                Some(reason) => panic!(
                    "conformance check `{name}` failed on {}: {reason}",
                    store.location()
                ),
                None => resume_unwind(panic),
            }
        }
    }
}
