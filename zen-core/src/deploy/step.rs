//! The standard step that deploys a model.

use super::decide::decide;
use super::{DeployConfig, DeployError, DeployOutcome, Origin, stored_input};
use crate::artifact::Materialize;
use crate::graph::StepContext;
use crate::service::Service;
use crate::serving::RegisteredPredictor;
use crate::stack::Stack;

/// Deploys a model behind a prediction server, with the stack's model deployer. Never cached. Outside a pipeline, [`deploy`](super::deploy())
/// does the same.
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
#[crate::step(
    cache = false,
    crate = crate,
    isolation(never = "it uses the model deployer of this program's stack")
)]
pub fn model_deployer<M: Materialize + RegisteredPredictor>(
    ctx: &StepContext,
    decision: bool,
    model: &M,
    config: DeployConfig,
) -> Result<Service<M>, DeployError> {
    let stack = ctx.component::<Stack>().ok_or_else(|| DeployError::NoStack {
        step: ctx.step_name().to_owned(),
    })?;
    let origin = Origin {
        pipeline: ctx.pipeline().to_owned(),
        step: ctx.step_name().to_owned(),
        run: ctx.run_id(),
    };
    let stored = |config: &DeployConfig| stored_input(ctx, &stack, model, &config.model_name);
    let (outcome, service) = decide(&stack, Some(origin), decision, config, stored)?;
    report(ctx, outcome, &service)?;
    Ok(service.of_model())
}

/// Records what the step did, for people and programs that look at the run.
fn report(ctx: &StepContext, outcome: DeployOutcome, service: &Service) -> Result<(), DeployError> {
    ctx.log(format!(
        "{outcome:?}: service {service} at {}",
        service.prediction_url()
    ));
    ctx.log_metadata("outcome", outcome)?;
    ctx.log_metadata("service", service.id().to_string())?;
    ctx.log_metadata("service_version", service.record()?.version)?;
    ctx.log_metadata("prediction_url", service.prediction_url())?;
    Ok(())
}
