//! zen's integrations with other systems: one folder a system, each behind a feature of the same name.
//!
//! A program that names this crate only in its `Cargo.toml` doesn't link it: refer to it once, as with
//! `use zen_integrations as _;`.

#[cfg(feature = "arrow")]
pub mod arrow;
#[cfg(feature = "csv")]
pub mod csv;
#[cfg(feature = "export")]
pub mod export;
#[cfg(any(feature = "arrow", feature = "onnx"))]
mod guard;
#[cfg(feature = "mlflow")]
pub mod mlflow;
#[cfg(feature = "native")]
pub mod native;
#[cfg(any(feature = "arrow", feature = "safetensors"))]
mod opaque;
#[cfg(feature = "safetensors")]
pub mod safetensors;

/// What the macros of this crate call. No part of its interface.
#[cfg(feature = "export")]
#[doc(hidden)]
pub mod __private {
    pub use inventory;

    pub use crate::export::OnnxEntry;
}
