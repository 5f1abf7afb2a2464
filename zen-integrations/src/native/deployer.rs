//! The deployer whose servers are this program itself.

use std::sync::Arc;

use zen_core::deploy::{
    DeployError, DeployRequest, DeployerEntry, FlavorOptions, LocalFlavor, LocalModelDeployer, ModelDeployer,
};
use zen_core::serving::NotServable;

use super::{NativeOptions, NativeService};

/// The flavour `native`: a model is served by this program's own executable, in a process of its own. Nothing needs to be installed.
///
/// It is the deployer of stacks that name none. Its options go into a deployment's configuration:
///
/// ```
/// use zen_core::deploy::DeployConfig;
/// use zen_integrations::native::NativeOptions;
///
/// let config = DeployConfig::named("digits").with(&NativeOptions::default().model_threads(2));
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Native;

impl Native {
    /// The deployer.
    pub fn deployer() -> Arc<dyn ModelDeployer> {
        Arc::new(LocalModelDeployer::new(Self))
    }
}

impl FlavorOptions for NativeOptions {
    const FLAVOR: &'static str = "native";
}

impl LocalFlavor for Native {
    type Server = NativeService;

    fn flavor(&self) -> &str {
        NativeOptions::FLAVOR
    }

    fn server(&self, request: &DeployRequest) -> Result<NativeService, DeployError> {
        NotServable::check(&request.model.type_name)?;
        let mut options: NativeOptions = request.config.options_of()?;
        options.drain_timeout = request.config.drain;
        if request.config.token.is_some() {
            options.token = request.config.token.clone();
        }
        Ok(NativeService {
            model: request.model.clone(),
            name: request.config.model_name.clone(),
            options,
        })
    }
}

zen_core::register_model_deployer!(DeployerEntry {
    flavor: NativeOptions::FLAVOR,
    default: true,
    make: Native::deployer,
});
