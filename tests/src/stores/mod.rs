//! Real servers of objects for tests: SeaweedFS for S3, Azurite for Azure.

mod azurite;
mod http;
mod server;
mod weed;

pub use azurite::Azurite;
pub use server::free_ports;
pub use weed::Weed;

/// What opens a store: names and values of the environment.
pub type Options = Vec<(String, String)>;
