//! zen's integrations with other systems: one folder a system, each behind a feature of the same name.
//!
//! A program that names this crate only in its `Cargo.toml` doesn't link it: refer to it once, as with
//! `use zen_integrations as _;`.

#[cfg(feature = "native")]
pub mod native;
