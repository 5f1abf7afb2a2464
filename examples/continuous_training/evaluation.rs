//! Whether the new model is better than the one that is served.

use zen_core::prelude::*;
use zen_examples::digits::{Digits, Images, Softmax, accuracy};

use crate::served::Served;

/// How good two models are on the same images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Comparison {
    /// The new model.
    pub(crate) candidate: Accuracy,
    /// The one that is served; none before the first deployment.
    pub(crate) served: Option<Accuracy>,
}

/// Asks both models about images that neither has seen.
#[step(depends(Digits, Softmax, Images, accuracy))]
pub(crate) fn evaluator(
    ctx: &StepContext,
    candidate: &Digits,
    served: &Option<Served>,
    images: &Images,
) -> Result<Comparison> {
    let on_images = |model: &Digits| -> Result<Accuracy> {
        Ok(accuracy(&model.predict(&images.pixels)?, &images.digits))
    };
    let comparison = Comparison {
        candidate: on_images(candidate)?,
        served: served
            .as_ref()
            .map(|served| on_images(&served.model))
            .transpose()?,
    };
    ctx.log_metric("val_accuracy", comparison.candidate)?;
    Ok(comparison)
}

/// Whether the new model is to be deployed: it is good enough, and better than the one that is served.
#[step]
pub(crate) fn deployment_trigger(comparison: Comparison, min_accuracy: f64) -> bool {
    let better = comparison
        .served
        .is_none_or(|served| comparison.candidate.0 > served.0);
    comparison.candidate.meets(min_accuracy) && better
}

#[cfg(test)]
mod tests {
    use super::*;
    use zen_examples::digits::{CLASSES, PIXELS, Scaling};

    fn decision(candidate: f64, served: Option<f64>) -> bool {
        let comparison = Comparison {
            candidate: Accuracy(candidate),
            served: served.map(Accuracy),
        };
        deployment_trigger(comparison, 0.7)
    }

    #[test]
    fn only_what_is_good_and_better_is_deployed() {
        assert!(decision(0.7, None));
        assert!(!decision(0.69, None));
        assert!(decision(0.9, Some(0.8)));
        assert!(!decision(0.8, Some(0.8)));
        assert!(!decision(0.8, Some(0.9)));
        assert!(!decision(0.6, Some(0.5)));
    }

    #[test]
    fn both_models_get_the_same_images() {
        let model = Digits {
            scaling: Scaling {
                mean: 0.0,
                deviation: 1.0,
            },
            softmax: Softmax::new(CLASSES, PIXELS),
        };
        // One that has learnt nothing says the last of equally likely digits.
        let images = Images {
            pixels: vec![vec![0.0; PIXELS]; 4],
            digits: vec![9, 9, 9, 1],
        };
        let (ctx, _) = StepContext::recording();
        let alone = evaluator(&ctx, &model, &None, &images).unwrap();
        assert_eq!((alone.candidate, alone.served), (Accuracy(0.75), None));
        let served = Some(Served {
            version: 1,
            model: model.clone(),
        });
        let both = evaluator(&ctx, &model, &served, &images).unwrap();
        assert_eq!(both.served, Some(Accuracy(0.75)));
    }
}
