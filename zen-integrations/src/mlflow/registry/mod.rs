//! The model registry.

mod download;
mod flavor;
mod register;
#[allow(clippy::module_inception)]
mod registry;
