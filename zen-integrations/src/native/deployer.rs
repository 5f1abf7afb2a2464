//! The deployer whose servers are this program itself.

use std::sync::Arc;

use zen_core::deploy::{
    DeployError, DeployRequest, FlavorOptions, LocalFlavor, LocalModelDeployer, ModelDeployer,
    ModelDeployerKind,
};
use zen_core::serving::NotServable;
use zen_core::stack::{Flavor, Opened, Opening};

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
///
/// What a deployment leaves open comes from the component's configuration, whose keys are the fields of [`NativeOptions`]:
///
/// ```toml
/// [components.model_deployer.strong]
/// flavor = "native"
/// model_threads = 4
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Native {
    /// For deployments that give no options of this flavour.
    defaults: NativeOptions,
}

impl Native {
    /// The deployer.
    pub fn deployer() -> Arc<dyn ModelDeployer> {
        Self::with_defaults(NativeOptions::default())
    }

    /// The deployer, with these options for deployments that give none of this flavour.
    pub fn with_defaults(defaults: NativeOptions) -> Arc<dyn ModelDeployer> {
        Arc::new(LocalModelDeployer::new(Self { defaults }))
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
        let mut options = match request.config.options.contains_key(NativeOptions::FLAVOR) {
            true => request.config.options_of()?,
            false => self.defaults.clone(),
        };
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

impl Flavor for Native {
    type Kind = ModelDeployerKind;
    type Config = NativeOptions;
    const NAME: &'static str = NativeOptions::FLAVOR;
    const DOC: &'static str = "This program itself, started again as a prediction server on this machine.";
    const DEFAULT: bool = true;

    fn open(options: NativeOptions, _: &Opening<'_>) -> Opened<Arc<dyn ModelDeployer>> {
        Ok(Self::with_defaults(options))
    }

    fn location(_: &NativeOptions, _: &Opening<'_>) -> String {
        "this machine".to_owned()
    }
}

zen_core::register_flavor!(Native);
