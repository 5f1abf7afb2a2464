//! The standard step that registers a model.

use std::time::Duration;

use super::register::registered;
use super::{Registration, RegistrationOutcome, RegistryConfig, RegistryError};
use crate::artifact::Materialize;
use crate::deploy::stored_input;
use crate::graph::StepContext;
use crate::metric::Metric;
use crate::stack::Stack;
use crate::tracking::CurrentRun;

/// How long the step waits for the tracker to know the run that the model belongs to.
const TRACKED: Duration = Duration::from_secs(10);

/// Registers a model with the stack's model registry, and promotes it when it is the best. Never cached. Outside a pipeline,
/// [`register`](super::register()) does the same.
///
/// - A model that a version has already, byte for byte, is that version; otherwise it becomes the next one.
/// - The version gets the score as a tag with the metric's name.
/// - With [`RegistryConfig::promote`], the alias moves to the version only if its score is better than that of the version that has the
///   alias: strictly better, which way is said by the metric's type. Of two programs on the same stack at once, one waits for the other.
/// - On a stack without a model registry nothing is done, and the result says so.
///
/// ```no_run
/// use zen_core::model_registry::{Registration, RegistryConfig, model_registrar};
/// use zen_core::prelude::*;
/// # #[derive(Serialize, Deserialize)]
/// # struct Line(f64);
/// # #[step]
/// # fn trainer() -> Line { Line(1.0) }
/// # #[step]
/// # fn evaluator(line: &Line) -> R2 { R2(line.0) }
///
/// #[pipeline]
/// fn training() -> Artifact<Registration> {
///     let model = trainer();
///     let score = evaluator(model);
///     model_registrar(model, score, RegistryConfig::named("line").promote("champion"))
/// }
/// ```
///
/// # Errors
/// When the registry can't be reached or refuses, or the model can't be written in its format.
#[crate::step(
    cache = false,
    crate = crate,
    isolation(never = "it uses the model registry of this program's stack")
)]
pub fn model_registrar<M: Materialize, S: Metric + Materialize>(
    ctx: &StepContext,
    model: &M,
    score: &S,
    config: RegistryConfig,
) -> Result<Registration, RegistryError> {
    let stack = ctx.component::<Stack>().ok_or_else(|| RegistryError::NoStack {
        step: ctx.step_name().to_owned(),
    })?;
    let stored = |name: &str| stored_input(ctx, &stack, model, name).map_err(RegistryError::from);
    let tracked = || ctx.component::<CurrentRun>()?.id(TRACKED);
    let registration = registered(&stack, stored, score, config, Some(ctx.run_id()), tracked)?;
    report(ctx, &registration)?;
    Ok(registration)
}

/// Records what the step did, for people and programs that look at the run.
fn report(ctx: &StepContext, registration: &Registration) -> Result<(), RegistryError> {
    ctx.log_metadata("outcome", registration.outcome)?;
    let Some(version) = &registration.version else {
        ctx.log("the stack has no model registry");
        return Ok(());
    };
    let what = match registration.outcome {
        RegistrationOutcome::Unchanged => "is already",
        _ => "is now",
    };
    ctx.log(format!(
        "the model {what} version {} of `{}`",
        version.version, version.name
    ));
    ctx.log_metadata("model_version", &version.version)?;
    ctx.log_metadata("model_uri", &version.uri)?;
    if let Some(promotion) = &registration.promotion {
        let moved = if promotion.promoted { "moved" } else { "stays" };
        ctx.log(format!(
            "the alias `{}` {moved}: {}",
            promotion.alias, promotion.reason
        ));
        ctx.log_metadata("promoted", promotion.promoted)?;
    }
    Ok(())
}
