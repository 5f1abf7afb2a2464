//! Artifact stores of all kinds, those behind a network as real servers: SeaweedFS for S3, Azurite for Azure.

mod conformance;
mod failures;
mod faults;
mod options;
mod outage;
mod pipelines;
mod secrets;
mod urls;
