//! Model registries: they publish models by name, version and alias, for people and for programs that aren't zen's.

//!
//! In a pipeline, the standard step [`model_registrar`](model_registrar()) registers a model and promotes it when it is the best;
//! [`register`](register()) is for programs that do it by hand, and
//! [`Stack::model_registry`](crate::stack::Stack::model_registry) for all else that a registry does.

mod config;
mod error;
mod register;
mod registry;
mod step;

pub use config::RegistryConfig;
pub use error::RegistryError;
pub use register::{Promotion, Registration, RegistrationOutcome, register};
pub use registry::{DIGEST_TAG, ModelRegistry, ModelRegistryKind, ModelVersion, NewVersion};
pub use step::model_registrar;
