//! The test kit: what tests of pipelines, stores and executors need.
//!
//! - [`StepContext::for_test`](crate::graph::StepContext::for_test) calls a step's function in a unit test;
//! - [`Stack::in_memory`](crate::stack::Stack::in_memory) leaves nothing behind;
//! - [`assert_cached`] and [`assert_executed`] check hits and misses, and explain when they are wrong;
//! - [`ManualClock`](crate::stack::ManualClock) is moved by hand;
//! - [`FaultyStore`] is an object store that fails on purpose, [`FaultyMetadata`] a metadata store that does;
//! - [`StopServices`] ends the services that a test started;
//! - the conformance suites [`artifact_store_conformance`], [`model_deployer_conformance`] and [`crate::metadata::conformance`] are for stores and deployers of your own.

mod artifact_store;
mod assertions;
mod faulty;
mod faulty_metadata;
mod model_deployer;
#[cfg(unix)]
mod services;

pub use artifact_store::artifact_store_conformance;
pub use assertions::{assert_cached, assert_executed, assert_statuses};
pub use faulty::{Fault, FaultyStore, Harm, Operation};
pub use faulty_metadata::{FaultyMetadata, MetadataFault};
pub use model_deployer::{DeployerUnderTest, model_deployer_conformance};
#[cfg(unix)]
pub use services::StopServices;
