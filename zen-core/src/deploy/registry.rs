//! The deployers that a program has.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{DeployError, ModelDeployer};

/// A flavour of deployers that needs no configuration; made by [`register_model_deployer!`](crate::register_model_deployer).
#[derive(Clone, Copy)]
pub struct DeployerEntry {
    /// The flavour's name.
    pub flavor: &'static str,
    /// Whether a stack that names no deployer has this one.
    pub default: bool,
    /// Makes it.
    pub make: fn() -> Arc<dyn ModelDeployer>,
}

impl fmt::Debug for DeployerEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.flavor)
    }
}

inventory::collect!(DeployerEntry);

/// The flavours this program has, sorted.
pub fn registered_deployers() -> Vec<&'static str> {
    let mut flavors: Vec<_> = inventory::iter::<DeployerEntry>
        .into_iter()
        .map(|entry| entry.flavor)
        .collect();
    flavors.sort_unstable();
    flavors
}

/// The deployer of a flavour, for deploying with another one than the stack's.
///
/// # Errors
/// When the program has none.
pub fn deployer_of_flavor(flavor: &str) -> Result<Arc<dyn ModelDeployer>, DeployError> {
    let entry = inventory::iter::<DeployerEntry>
        .into_iter()
        .find(|entry| entry.flavor == flavor);
    entry
        .map(|entry| (entry.make)())
        .ok_or_else(|| DeployError::UnknownFlavor {
            flavor: flavor.to_owned(),
            known: registered_deployers().join(", "),
        })
}

/// The deployer of a stack that names none.
pub(super) fn default_deployer() -> Option<Arc<dyn ModelDeployer>> {
    static DEFAULT: OnceLock<Option<Arc<dyn ModelDeployer>>> = OnceLock::new();
    let find = || {
        let mut defaults: Vec<_> = inventory::iter::<DeployerEntry>
            .into_iter()
            .filter(|entry| entry.default)
            .collect();
        // The order in which crates are linked must not decide.
        defaults.sort_unstable_by_key(|entry| entry.flavor);
        defaults.first().map(|entry| (entry.make)())
    };
    DEFAULT.get_or_init(find).clone()
}

/// Lists a flavour of [`ModelDeployer`](crate::deploy::ModelDeployer): `register_model_deployer!(DeployerEntry { .. })`.
#[macro_export]
macro_rules! register_model_deployer {
    ($entry:expr) => {
        const _: () = {
            $crate::__private::inventory::submit! { $entry }
        };
    };
}
