//! The standard step that deploys a model.

use std::sync::Arc;

use super::{DeployConfig, DeployError, DeployRequest, ModelDeployer, Origin, ServerFilter, store_model};
use crate::artifact::Materialize;
use crate::client::StepView;
use crate::graph::StepContext;
use crate::service::Service;
use crate::serving::{ModelRef, RegisteredPredictor};
use crate::stack::Stack;

/// Deploys a model behind a prediction server, with the stack's model deployer. Never cached.
///
/// - `decision` true: the model is deployed. The server of the same pipeline, step and model name is updated at its URL, without failing a
///   request; when there is none, one is started.
/// - `decision` false: the existing server is returned as it is, and started when it had stopped.
/// - `decision` false and there is none: deploys all the same, so that a server is available, unless
///   [`DeployConfig::deploy_if_none`] is off: then the returned service is inactive.
///
/// ```no_run
/// use zen_core::deploy::{DeployConfig, model_deployer};
/// use zen_core::prelude::*;
/// # #[derive(Serialize, Deserialize)]
/// # struct Line(f64);
/// # #[predictor]
/// # impl Predictor for Line {
/// #     type Input = f64;
/// #     type Output = f64;
/// #     fn predict(&self, batch: &[f64]) -> Result<Vec<f64>> { Ok(batch.to_vec()) }
/// # }
/// # #[step]
/// # fn trainer() -> Line { Line(1.0) }
/// # #[step]
/// # fn evaluator(line: &Line) -> bool { line.0 > 0.0 }
///
/// #[pipeline]
/// fn continuous_deployment() -> Artifact<Service<Line>> {
///     let model = trainer();
///     let decision = evaluator(model);
///     model_deployer(decision, model, DeployConfig::named("line"))
/// }
/// ```
///
/// # Errors
/// When the model can't be deployed; a server that ran before still runs then.
#[crate::step(cache = false, crate = crate)]
pub fn model_deployer<M: Materialize + RegisteredPredictor>(
    ctx: &StepContext,
    decision: bool,
    model: &M,
    config: DeployConfig,
) -> Result<Service<M>, DeployError> {
    let stack = ctx.component::<Stack>().ok_or_else(|| DeployError::NoStack {
        step: ctx.step_name().to_owned(),
    })?;
    let deployer = stack.model_deployer()?;
    let origin = Origin {
        pipeline: ctx.pipeline().to_owned(),
        step: ctx.step_name().to_owned(),
        run: ctx.run_id(),
    };
    if !decision && let Some(existing) = existing(&stack, &deployer, &config, &origin)? {
        let outcome = match existing.is_running() {
            true => DeployOutcome::Kept,
            false => {
                existing.start(config.timeout)?;
                DeployOutcome::Restarted
            }
        };
        return report(ctx, outcome, &existing);
    }
    let run = origin.run;
    let request = DeployRequest {
        model: stored(ctx, &stack, model, &config.model_name)?,
        config,
        origin: Some(origin),
    };
    if !decision && !request.config.deploy_if_none {
        return report(ctx, DeployOutcome::Recorded, &deployer.prepare(&stack, &request)?);
    }
    let service = deployer.deploy_model(&stack, &request)?;
    let outcome = match service.record()?.run == Some(run) {
        true => DeployOutcome::Deployed,
        false => DeployOutcome::Unchanged,
    };
    report(ctx, outcome, &service)
}

/// What came of a deployer step; recorded as the step's metadata `outcome`.
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

/// Records what the step did, for people and programs that look at the run.
fn report<M>(
    ctx: &StepContext,
    outcome: DeployOutcome,
    service: &Service,
) -> Result<Service<M>, DeployError> {
    ctx.log(format!(
        "{outcome:?}: service {service} at {}",
        service.prediction_url()
    ));
    ctx.log_metadata("outcome", outcome)?;
    ctx.log_metadata("service", service.id().to_string())?;
    ctx.log_metadata("service_version", service.record()?.version)?;
    ctx.log_metadata("prediction_url", service.prediction_url())?;
    Ok(service.of_model())
}

fn existing(
    stack: &Stack,
    deployer: &Arc<dyn ModelDeployer>,
    config: &DeployConfig,
    origin: &Origin,
) -> Result<Option<Service>, DeployError> {
    let filter = ServerFilter {
        pipeline: Some(origin.pipeline.clone()),
        step: Some(origin.step.clone()),
        model_name: Some(config.model_name.clone()),
        ..ServerFilter::default()
    };
    for service in deployer.find_model_server(stack, &filter)? {
        // One that never answered is no server: its model was decided against, or doesn't start.
        if service.versions()?.iter().any(|version| version.live.is_some()) {
            return Ok(Some(service));
        }
    }
    Ok(None)
}

/// The model as an artifact that another process can read.
fn stored<M: Materialize>(
    ctx: &StepContext,
    stack: &Stack,
    model: &M,
    model_name: &str,
) -> Result<ModelRef, DeployError> {
    let input = ctx.inputs().iter().find(|input| input.name == "model");
    if let Some(input) = input.filter(|input| input.element.is_none()) {
        // The step that made it may have ended moments ago.
        ctx.flush()?;
        if let Some(record) = stack.metadata().artifact(input.id)? {
            return Ok(ModelRef::of(&record));
        }
    }
    // One of several in a vector, or a parameter.
    store_model(stack, &format!("{}.{model_name}", ctx.pipeline()), model)
}
