//! The flavour, and what is done before a model is deployed.

use std::sync::Arc;

use zen_core::deploy::{
    DeployError, DeployRequest, FlavorOptions, LocalFlavor, LocalModelDeployer, ModelDeployer,
    ModelDeployerKind,
};
use zen_core::service::Service;
use zen_core::stack::{Flavor, Opened, Opening, Stack};

use super::model_uri::{ModelUris, Resolved};
use super::tracking::{Lookup, Tracking};
use super::{MlflowOptions, MlflowServerError, MlflowService, executable};
use crate::export::{ExportError, exportable};

/// The name that the executable has when nobody says anything else.
const EXECUTABLE: &str = "mlflow";

/// The flavour `mlflow`: a model is served by MLflow's own server, which must be installed (`pip install mlflow onnx onnxruntime`).
///
/// Its options go into a deployment's configuration, or into the component's: see [`MlflowOptions`].
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Mlflow {
    /// For what deployments leave open.
    defaults: MlflowOptions,
    /// The component's name, when it has a configuration.
    component: Option<String>,
}

impl Mlflow {
    /// The deployer.
    pub fn deployer() -> Arc<dyn ModelDeployer> {
        Self::with_defaults(MlflowOptions::default())
    }

    /// The deployer, with these options for what deployments leave open.
    pub fn with_defaults(defaults: MlflowOptions) -> Arc<dyn ModelDeployer> {
        Arc::new(Self {
            defaults,
            component: None,
        })
    }

    /// What is to be done of a request, found out before anything is started or replaced. Blocks.
    fn plan(&self, stack: &Stack, request: &DeployRequest) -> Result<Planned, DeployError> {
        let given: MlflowOptions = request.config.options_of()?;
        let setting = self.setting(&given);
        let mut options = given.or(self.defaults.clone());
        if options.tracking_uri.is_none() {
            options.tracking_uri = std::env::var("MLFLOW_TRACKING_URI")
                .ok()
                .filter(|uri| !uri.is_empty());
        }
        options.check().map_err(other)?;
        let tracking = Tracking::of(&options);
        let uri = match &options.model_uri {
            None => {
                check_exportable(&request.model.type_name)?;
                None
            }
            Some(uri) => {
                let credentials = tracking.credentials(stack.secrets()).map_err(other)?;
                let project = stack.project();
                let lookup = Lookup {
                    tracking: &tracking,
                    credentials,
                    project: &project,
                };
                Some(lookup.resolve(uri).map_err(other)?)
            }
        };
        let name = options.executable.as_deref().unwrap_or(EXECUTABLE);
        let executable = executable::find(name, &stack.project(), &setting).map_err(other)?;
        let kept = stack.home().map(|home| home.join("cache").join("mlflow"));
        executable::check(&executable, &setting, kept.as_deref()).map_err(other)?;
        let mut front = options.front();
        front.drain_timeout = request.config.drain;
        front.token = request.config.token.clone();
        let mut model = request.model.clone();
        if let Some(Resolved { digest, .. }) = &uri {
            model.digest = *digest;
        }
        // An artifact has nothing to do with a tracking server, wherever this program was started.
        let tracking = match uri {
            Some(_) => tracking,
            None => Tracking::default(),
        };
        let service = MlflowService {
            model: model.clone(),
            name: request.config.model_name.clone(),
            options: front,
            uri,
            executable,
            workers: options.worker_count(),
            tracking,
        };
        let request = DeployRequest {
            model,
            ..request.clone()
        };
        Ok(Planned { service, request })
    }

    /// The setting that says which executable it is.
    fn setting(&self, given: &MlflowOptions) -> String {
        match &self.component {
            Some(name) if given.executable.is_none() => {
                format!("`components.model_deployer.{name}.executable`")
            }
            _ => "`MlflowOptions::executable`".to_owned(),
        }
    }
}

/// What a deployment of a request is to do.
#[derive(Debug)]
struct Planned {
    service: MlflowService,
    request: DeployRequest,
}

/// The daemon of one request.
#[derive(Debug)]
struct One(MlflowService);

impl LocalFlavor for One {
    type Server = MlflowService;

    fn flavor(&self) -> &str {
        MlflowOptions::FLAVOR
    }

    fn server(&self, _: &DeployRequest) -> Result<MlflowService, DeployError> {
        Ok(self.0.clone())
    }
}

impl ModelDeployer for Mlflow {
    fn flavor(&self) -> &str {
        MlflowOptions::FLAVOR
    }

    fn deploy_model(&self, stack: &Stack, request: &DeployRequest) -> Result<Service, DeployError> {
        let Planned { service, request } = self.plan(stack, request)?;
        LocalModelDeployer::new(One(service)).deploy_model(stack, &request)
    }

    fn prepare(&self, stack: &Stack, request: &DeployRequest) -> Result<Service, DeployError> {
        let Planned { service, request } = self.plan(stack, request)?;
        LocalModelDeployer::new(One(service)).prepare(stack, &request)
    }
}

fn other(error: MlflowServerError) -> DeployError {
    DeployError::Flavor(error.into())
}

fn check_exportable(type_name: &str) -> Result<(), DeployError> {
    let known = exportable();
    if known.contains(&type_name) {
        return Ok(());
    }
    let error = ExportError::NotExportable {
        type_name: type_name.to_owned(),
        known: match known.is_empty() {
            true => "none".to_owned(),
            false => known.join(", "),
        },
    };
    Err(DeployError::Flavor(error.into()))
}

impl Flavor for Mlflow {
    type Kind = ModelDeployerKind;
    type Config = MlflowOptions;
    const NAME: &'static str = MlflowOptions::FLAVOR;
    const DOC: &'static str = "MLflow's own prediction server, on this machine; MLflow must be installed.";

    fn open(defaults: MlflowOptions, opening: &Opening<'_>) -> Opened<Arc<dyn ModelDeployer>> {
        defaults.check()?;
        Ok(Arc::new(Self {
            defaults,
            component: Some(opening.name.to_owned()),
        }))
    }

    fn location(options: &MlflowOptions, _: &Opening<'_>) -> String {
        options
            .executable
            .clone()
            .unwrap_or_else(|| EXECUTABLE.to_owned())
    }

    fn check(options: MlflowOptions, opening: &Opening<'_>) -> Opened<()> {
        options.check()?;
        let setting = format!("`components.model_deployer.{}.executable`", opening.name);
        let name = options.executable.as_deref().unwrap_or(EXECUTABLE);
        let path = executable::find(name, opening.project, &setting)?;
        Ok(executable::check(&path, &setting, None)?)
    }
}

zen_core::register_flavor!(Mlflow);
