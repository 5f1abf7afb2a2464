//! The deployers that a program has.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::{DeployError, ModelDeployer};
use crate::stack::registry::default_flavor;
use crate::stack::{ComponentKind, ComponentType, FlavorEntry, SettingsError, StackError, flavor, flavors};

/// The kind of [model deployers](ModelDeployer): what the flavours of `model_deployer` make.
#[derive(Debug)]
pub struct ModelDeployerKind;

impl ComponentKind for ModelDeployerKind {
    const TYPE: ComponentType = ComponentType::ModelDeployer;
    type Value = Arc<dyn ModelDeployer>;
}

/// The flavours this program has, sorted.
pub fn registered_deployers() -> Vec<&'static str> {
    let flavors = flavors(Some(ComponentType::ModelDeployer));
    flavors.into_iter().map(FlavorEntry::name).collect()
}

/// The deployer of a flavour that can do without a configuration, for deploying with another one than the stack's.
///
/// # Errors
/// When the program has none, or it has to be configured: register a component then, and take the stack's.
pub fn deployer_of_flavor(name: &str) -> Result<Arc<dyn ModelDeployer>, DeployError> {
    let flavor = flavor(ComponentType::ModelDeployer, name)
        .map_err(|error| StackError::from(SettingsError::from(error)))?;
    Ok(opened(flavor)?)
}

/// The deployer of a stack that names none.
pub(super) fn default_deployer() -> Option<Arc<dyn ModelDeployer>> {
    static DEFAULT: OnceLock<Option<Arc<dyn ModelDeployer>>> = OnceLock::new();
    let find = || opened(default_flavor(ComponentType::ModelDeployer)?).ok();
    DEFAULT.get_or_init(find).clone()
}

fn opened(flavor: &FlavorEntry) -> Result<Arc<dyn ModelDeployer>, StackError> {
    let component = flavor.open_default(Path::new(".zen"))?;
    let deployer = component.value::<Arc<dyn ModelDeployer>>();
    // The flavour's type says that it makes one.
    deployer
        .map(|deployer| Arc::clone(&*deployer))
        .ok_or(StackError::Incomplete {
            component: "model deployer",
            reason: "its flavour makes none",
        })
}
