//! Upkeep of what is kept: [`Client::prune`](crate::client::Client::prune) removes old runs with all that only they need,
//! [`Client::verify`](crate::client::Client::verify) reads everything again and says what is damaged or missing.
//!
//! ```
//! use std::time::Duration;
//! use zen_core::prelude::*;
//! use zen_core::upkeep::{PrunePolicy, VerifyOptions};
//!
//! # #[step]
//! # fn one() -> u8 { 1 }
//! # #[pipeline]
//! # fn nightly() -> Artifact<u8> { one() }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let stack = Stack::in_memory()?;
//! # for _ in 0..3 { nightly().on(&stack).cache(false).quiet().run().await?; }
//! let client = Client::of(stack);
//! let month = Duration::from_secs(30 * 24 * 3600);
//! let policy = PrunePolicy::keep_last(20).older_than(month);
//! println!("{}", client.prune(&policy, true).await?); // what would go, and what stays and why
//! let report = client.prune(&PrunePolicy::keep_last(1), false).await?;
//! assert_eq!(report.removed.runs, 2);
//!
//! let report = client.verify(VerifyOptions::all(), |progress| println!("{progress}")).await?;
//! assert!(report.is_sound(), "{report}");
//! # Ok(())
//! # }
//! ```

mod files;
mod policy;
mod prune;
mod report;
mod verify;
mod verify_report;

pub use policy::PrunePolicy;
pub use report::{PruneCounts, PruneReport};
pub use verify::VerifyOptions;
pub use verify_report::{Finding, Found, VerifyProgress, VerifyReport};
