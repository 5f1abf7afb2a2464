//! Asking the server: a batch of images, the service, and what it predicts.

use zen_core::prelude::*;
use zen_core::service::{ServiceError, load_last_service_from_step};
use zen_examples::digits::{Digits, Images, Prediction, importer};

/// Takes `count` images that the model wasn't trained with, in every run others.
#[step(cache = false)]
pub(crate) fn dynamic_importer(ctx: &StepContext, path: &str, count: usize) -> Result<Images> {
    let mut images = importer(path)?.test;
    let places = images.digits.len().saturating_sub(count) + 1;
    // Most bits of a run's id are random.
    let first = (ctx.run_id().as_u128() % places as u128) as usize;
    let last = images.digits.len().min(first + count);
    Ok(Images {
        pixels: images.pixels.drain(first..last).collect(),
        digits: images.digits.drain(first..last).collect(),
    })
}

/// Finds the server that a step of a pipeline deployed last, if it runs.
#[step(cache = false)]
pub(crate) fn prediction_service_loader(pipeline: &str, step: &str) -> Result<Service<Digits>> {
    let Some(service) = load_last_service_from_step::<Digits>(pipeline, step, false)? else {
        return Err(
            format!("the step `{step}` of the pipeline `{pipeline}` never deployed a server; {HOW}").into(),
        );
    };
    let status = service.status()?;
    match (status.state, status.last_error) {
        (ServiceState::Active, _) => Ok(service),
        (ServiceState::Error, Some(error)) => {
            Err(format!("the server {service} failed: {error}; {HOW}").into())
        }
        (state, _) => Err(format!("the server {service} is {state}; {HOW}").into()),
    }
}

/// How a server comes about.
const HOW: &str = "`cargo run --example continuous_deployment -- --config deploy` starts one (with the `--stack` it was on)";

/// Asks the server. What it answers depends on the model it has now, so it is never taken from the cache.
#[step(cache = false)]
pub(crate) fn predictor(service: &Service<Digits>, images: &Images) -> Result<Vec<Prediction>, ServiceError> {
    service.predict(&images.pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zen_examples::digits::DATA;

    #[test]
    fn batches_are_of_the_size_asked_for() {
        let batch = |count| dynamic_importer(&StepContext::for_test(), DATA, count).unwrap();
        for count in [0, 1, 4, 599] {
            assert_eq!(
                (batch(count).pixels.len(), batch(count).digits.len()),
                (count, count)
            );
        }
        assert_eq!(batch(10_000).digits.len(), 599);
    }

    #[test]
    fn every_run_has_its_own_batch() {
        let batch = || dynamic_importer(&StepContext::for_test(), DATA, 4).unwrap();
        let first = batch();
        assert!((0..20).any(|_| batch() != first));
    }
}
