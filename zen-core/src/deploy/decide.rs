//! Whether a model is deployed, and what is done when it isn't.

use super::{DeployConfig, DeployError, DeployRequest, ModelDeployer, Origin, ServerFilter, store_model};
use crate::artifact::Materialize;
use crate::client::StepView;
use crate::service::Service;
use crate::serving::{ModelRef, RegisteredPredictor};
use crate::stack::Stack;

/// Deploys a model by hand, by the same rules as the step [`model_deployer`](super::model_deployer()). Blocks.
///
/// It replaces the server of the same model name that was deployed by hand before.
///
/// ```no_run
/// use zen_core::deploy::deploy;
/// use zen_core::prelude::*;
/// # #[derive(Serialize, Deserialize)]
/// # struct Line(f64);
/// # #[predictor]
/// # impl Predictor for Line {
/// #     type Input = f64;
/// #     type Output = f64;
/// #     fn predict(&self, batch: &[f64]) -> Result<Vec<f64>> { Ok(batch.to_vec()) }
/// # }
///
/// # fn main() -> Result<()> {
/// let (outcome, service) = deploy(&Stack::active()?, true, &Line(1.0), DeployConfig::named("line"))?;
/// println!("{outcome:?}: {}", service.prediction_url());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the model can't be deployed; a server that ran before still runs then.
pub fn deploy<M: Materialize + RegisteredPredictor>(
    stack: &Stack,
    decision: bool,
    model: &M,
    config: DeployConfig,
) -> Result<(DeployOutcome, Service<M>), DeployError> {
    let stored = |config: &DeployConfig| store_model(stack, &config.model_name, model);
    let (outcome, service) = decide(stack, None, decision, config, stored)?;
    Ok((outcome, service.of_model()))
}

/// What came of a deployment; the step records it as its metadata `outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeployOutcome {
    /// The model was deployed: on a new server, or as a new version of the existing one.
    Deployed,
    /// The server had the very same model, configuration and program, and was left alone.
    Unchanged,
    /// Decided against: the running server keeps its model.
    Kept,
    /// Decided against: the server had stopped, and was started again with the model it had.
    Restarted,
    /// Decided against, and there was no server: the service is only recorded.
    Recorded,
}

impl DeployOutcome {
    /// What came of this step, when it is a deployer's.
    pub fn of(step: &StepView) -> Option<Self> {
        serde::Deserialize::deserialize(step.record().metadata.get("outcome")?).ok()
    }
}

/// Follows the decision. The model is stored only when it is needed.
pub(super) fn decide(
    stack: &Stack,
    origin: Option<Origin>,
    decision: bool,
    config: DeployConfig,
    stored: impl FnOnce(&DeployConfig) -> Result<ModelRef, DeployError>,
) -> Result<(DeployOutcome, Service), DeployError> {
    let deployer = stack.model_deployer()?;
    if !decision && let Some(existing) = existing(stack, &*deployer, &config, origin.as_ref())? {
        if existing.is_running() {
            return Ok((DeployOutcome::Kept, existing));
        }
        existing.start(config.timeout)?;
        return Ok((DeployOutcome::Restarted, existing));
    }
    let begun = stack.clock().now();
    let request = DeployRequest {
        model: stored(&config)?,
        config,
        origin,
    };
    if !decision && !request.config.deploy_if_none {
        return Ok((DeployOutcome::Recorded, deployer.prepare(stack, &request)?));
    }
    let service = deployer.deploy_model(stack, &request)?;
    let record = service.record()?;
    let is_new = match &request.origin {
        Some(origin) => record.run == Some(origin.run),
        None => record.updated >= begun,
    };
    let outcome = match is_new {
        true => DeployOutcome::Deployed,
        false => DeployOutcome::Unchanged,
    };
    Ok((outcome, service))
}

/// The server that a decision against a model leaves as it is.
fn existing(
    stack: &Stack,
    deployer: &dyn ModelDeployer,
    config: &DeployConfig,
    origin: Option<&Origin>,
) -> Result<Option<Service>, DeployError> {
    let filter = ServerFilter {
        pipeline: origin.map(|origin| origin.pipeline.clone()),
        step: origin.map(|origin| origin.step.clone()),
        model_name: Some(config.model_name.clone()),
        ..ServerFilter::default()
    };
    for service in deployer.find_model_server(stack, &filter)? {
        // One that never answered is no server: its model was decided against, or doesn't start.
        let lived = service.versions()?.iter().any(|version| version.live.is_some());
        if lived && service.record()?.pipeline.is_some() == origin.is_some() {
            return Ok(Some(service));
        }
    }
    Ok(None)
}
