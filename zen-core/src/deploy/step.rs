//! The standard step that deploys a model.

use std::sync::Arc;

use super::{DeployConfig, DeployError, DeployRequest, ModelDeployer, Origin, ServerFilter, store_model};
use crate::artifact::Materialize;
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
        if existing.is_running() {
            ctx.log(format!(
                "decided against deploying: service {existing} stays as it is"
            ));
        } else {
            ctx.log(format!(
                "decided against deploying: service {existing} had stopped and is started again"
            ));
            existing.start(config.timeout)?;
        }
        return Ok(existing.of_model());
    }
    let request = DeployRequest {
        model: stored(ctx, &stack, model, &config.model_name)?,
        config,
        origin: Some(origin),
    };
    let service = match decision || request.config.deploy_if_none {
        true => deployer.deploy_model(&stack, &request)?,
        false => deployer.prepare(&stack, &request)?,
    };
    ctx.log(format!("service {service} at {}", service.prediction_url()));
    let facts = service.record()?;
    ctx.log_metadata("service", service.id().to_string())?;
    ctx.log_metadata("service_version", facts.version)?;
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
    Ok(deployer.find_model_server(stack, &filter)?.into_iter().next())
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
