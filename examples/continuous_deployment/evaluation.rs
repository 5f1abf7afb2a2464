//! How good the model is, and whether that is good enough.

use zen_core::prelude::*;
use zen_examples::digits::{Digits, Images, Softmax, accuracy};

/// Asks the model as clients will, about images it has never seen.
#[step(depends(Digits, Softmax, Images, accuracy))]
pub(crate) fn evaluator(ctx: &StepContext, model: &Digits, images: &Images) -> Result<Accuracy> {
    let accuracy = accuracy(&model.predict(&images.pixels)?, &images.digits);
    ctx.log_metric("val_accuracy", accuracy)?;
    Ok(accuracy)
}

/// Whether the model is to be deployed.
#[step]
pub(crate) fn deployment_trigger(accuracy: Accuracy, min_accuracy: f64) -> bool {
    accuracy.meets(min_accuracy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zen_examples::digits::{DATA, EPOCHS, LR, Normalized, importer, normalizer, trainer};

    #[test]
    fn the_default_model_is_good() {
        let split = importer(DATA).unwrap();
        let Normalized { images, scaling } = normalizer(&split.train);
        let model = trainer(&images, &scaling, EPOCHS, LR).unwrap();
        let (ctx, said) = StepContext::recording();
        let accuracy = evaluator(&ctx, &model, &split.test).unwrap();
        assert!(accuracy.meets(0.95), "{accuracy}");
        assert_eq!(said.metrics(), [("val_accuracy".to_owned(), accuracy.0)]);
    }

    #[test]
    fn the_trigger_takes_the_bound_itself() {
        assert!(deployment_trigger(Accuracy(0.92), 0.92));
        assert!(!deployment_trigger(Accuracy(0.9199), 0.92));
    }
}
