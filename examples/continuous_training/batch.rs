//! Predicting a whole batch with the model that is served, without asking the server.

use zen_core::prelude::*;
use zen_examples::digits::{Digits, Images, Prediction, Softmax, accuracy};

use crate::served::Served;

/// What the served model says of the images.
#[step(depends(Digits, Softmax, Images))]
pub(crate) fn predictor(served: &Option<Served>, images: &Images) -> Result<Vec<Prediction>> {
    match served {
        Some(served) => served.model.predict(&images.pixels),
        None => Err("no model has been deployed yet".into()),
    }
}

/// How much of it is right.
#[step(depends(accuracy, Images))]
pub(crate) fn checker(predictions: &[Prediction], images: &Images) -> Accuracy {
    accuracy(predictions, &images.digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_model_nothing_is_predicted() {
        let error = predictor(&None, &Images::default()).unwrap_err().to_string();
        assert_eq!(error, "no model has been deployed yet");
    }

    #[test]
    fn predictions_are_compared_with_the_truth() {
        let prediction = |digit| Prediction {
            digit,
            probability: 1.0,
        };
        let images = Images {
            pixels: Vec::new(),
            digits: vec![1, 2],
        };
        assert_eq!(checker(&[prediction(1), prediction(1)], &images), Accuracy(0.5));
    }
}
