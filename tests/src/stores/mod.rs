//! Real servers of objects for tests: SeaweedFS for S3, Azurite for Azure.

mod azurite;
mod http;
mod weed;

pub use crate::server::free_ports;
pub use azurite::Azurite;
pub use weed::Weed;

/// What opens a store: names and values of the environment.
pub type Options = Vec<(String, String)>;
