//! Model registries: they publish models by name, version and alias, for people and for programs that aren't zen's.

mod error;
mod registry;

pub use error::RegistryError;
pub use registry::{DIGEST_TAG, ModelRegistry, ModelRegistryKind, ModelVersion, NewVersion};
