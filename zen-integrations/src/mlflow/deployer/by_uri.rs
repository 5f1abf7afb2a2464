//! Deploying models that are no artifacts, by their URIs.

use std::sync::Arc;

use zen_core::artifact::Digest;
use zen_core::deploy::{
    DeployConfig, DeployError, DeployOutcome, DeployRequest, FlavorOptions, ModelDeployer, Origin,
    deployer_of_flavor,
};
use zen_core::graph::StepContext;
use zen_core::service::Service;
use zen_core::serving::ModelRef;
use zen_core::stack::Stack;

use super::MlflowOptions;

/// Deploys a model that MLflow knows by a URI: `models:/name@alias`, `models:/name/3`, `runs:/id/path`, or a folder. With the stack's model deployer when that
/// is one of MLflow's. Blocks.
///
/// It replaces the server of the same model name that was deployed by hand before, and leaves it alone when it has this very model: an alias means a
/// version, which is looked up now, and a folder means what is in it.
///
/// ```no_run
/// use zen_core::prelude::*;
/// use zen_integrations::mlflow::{MlflowOptions, deploy_uri};
///
/// # fn main() -> Result<()> {
/// let config = DeployConfig::named("iris").with(&MlflowOptions::default().tracking_uri("http://localhost:5000"));
/// let service = deploy_uri(&Stack::active()?, "models:/iris@champion", config)?;
/// println!("{}", service.invoke(&serde_json::json!({ "inputs": [[5.1, 3.5, 1.4, 0.2]] }))?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there is no such model, or it can't be deployed; a server that ran before still runs then.
pub fn deploy_uri(stack: &Stack, uri: &str, config: DeployConfig) -> Result<Service, DeployError> {
    deploy(stack, uri, config, None)
}

/// [`deploy_uri`] as a step. Never cached.
///
/// ```no_run
/// use zen_core::prelude::*;
/// use zen_integrations::mlflow::mlflow_deployer;
///
/// #[pipeline]
/// fn champion() -> Artifact<Service> {
///     mlflow_deployer("models:/iris@champion".to_owned(), DeployConfig::named("iris"))
/// }
/// ```
///
/// # Errors
/// As there.
#[zen_core::step(
    cache = false,
    isolation(never = "it uses the model deployer of this program's stack")
)]
pub fn mlflow_deployer(ctx: &StepContext, uri: String, config: DeployConfig) -> Result<Service, DeployError> {
    let stack = ctx.component::<Stack>().ok_or_else(|| DeployError::NoStack {
        step: ctx.step_name().to_owned(),
    })?;
    let origin = Origin {
        pipeline: ctx.pipeline().to_owned(),
        step: ctx.step_name().to_owned(),
        run: ctx.run_id(),
    };
    let service = deploy(&stack, &uri, config, Some(origin))?;
    let record = service.record()?;
    let outcome = match record.run == Some(ctx.run_id()) {
        true => DeployOutcome::Deployed,
        false => DeployOutcome::Unchanged,
    };
    ctx.log(format!(
        "{outcome:?}: service {service} at {}",
        service.prediction_url()
    ));
    ctx.log_metadata("outcome", outcome)?;
    ctx.log_metadata("service", service.id().to_string())?;
    ctx.log_metadata("service_version", record.version)?;
    ctx.log_metadata("prediction_url", service.prediction_url())?;
    Ok(service)
}

fn deploy(
    stack: &Stack,
    uri: &str,
    mut config: DeployConfig,
    origin: Option<Origin>,
) -> Result<Service, DeployError> {
    let options = MlflowOptions {
        model_uri: Some(uri.to_owned()),
        ..config.options_of()?
    };
    config = config.with(&options);
    let model = ModelRef {
        artifact: Default::default(),
        name: uri.to_owned(),
        uri: uri.to_owned(),
        // The deployer puts that of the model in its place, which it finds out.
        digest: Digest::of(uri.as_bytes()),
        type_name: MlflowOptions::FLAVOR.to_owned(),
        codec: MlflowOptions::FLAVOR.to_owned(),
        codec_version: 1,
    };
    let request = DeployRequest {
        model,
        config,
        origin,
    };
    deployer(stack)?.deploy_model(stack, &request)
}

fn deployer(stack: &Stack) -> Result<Arc<dyn ModelDeployer>, DeployError> {
    match stack.model_deployer() {
        Ok(deployer) if deployer.flavor() == MlflowOptions::FLAVOR => Ok(deployer),
        _ => deployer_of_flavor(MlflowOptions::FLAVOR),
    }
}
