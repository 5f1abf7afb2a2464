//! The model, and what it does behind a prediction server.

use zen_core::prelude::*;
use zen_core::serving::{Datatype, TensorSpec};
use zen_core::tracked;

use super::{DARKEST, PIXELS, Softmax};

/// Tells which digit an image shows. It takes pixels as they are in the file, and scales them itself: clients need not know how.
#[tracked]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Digits {
    /// What is done with the pixels first.
    pub scaling: Scaling,
    /// What has been learnt of scaled pixels.
    pub softmax: Softmax,
}

/// Brings pixels to the mean 0 and the deviation 1.
#[tracked]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// The mean of the pixels to train with.
    pub mean: f32,
    /// Their standard deviation.
    pub deviation: f32,
}

impl Scaling {
    /// The pixels, scaled.
    pub fn apply(&self, pixels: &[f32]) -> Vec<f32> {
        let scaled = pixels.iter().map(|pixel| (pixel - self.mean) / self.deviation);
        scaled.collect()
    }
}

/// What the model says of one image.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Prediction {
    /// The digit it sees.
    pub digit: u8,
    /// How likely it is that one, from 0 to 1.
    pub probability: f32,
}

impl Digits {
    fn predict_image(&self, pixels: &[f32]) -> Result<Prediction> {
        if pixels.len() != PIXELS || !pixels.iter().all(|pixel| (0.0..=DARKEST).contains(pixel)) {
            let reason = format!("an image has {PIXELS} pixels from 0 (white) to {DARKEST} (black)");
            return Err(PredictError::input(reason).into());
        }
        let probabilities = self.softmax.probabilities(&self.scaling.apply(pixels));
        let likeliest = (0..).zip(probabilities).max_by(|a, b| a.1.total_cmp(&b.1));
        let (digit, probability) = likeliest.ok_or("the model knows no digits")?;
        Ok(Prediction { digit, probability })
    }
}

#[predictor]
impl Predictor for Digits {
    type Input = Vec<f32>;
    type Output = Prediction;

    /// A few hundred multiplications take microseconds.
    const INLINE: bool = true;

    fn predict(&self, batch: &[Vec<f32>]) -> Result<Vec<Prediction>> {
        batch.iter().map(|pixels| self.predict_image(pixels)).collect()
    }

    fn warm_up(&self) -> Result<()> {
        self.predict_image(&[0.0; PIXELS])?;
        Ok(())
    }

    /// Any vector is a `Vec<f32>`; clients learn from this how long it must be.
    fn inputs(&self) -> Vec<TensorSpec> {
        vec![TensorSpec {
            name: "pixels".into(),
            datatype: Datatype::Fp32,
            shape: vec![-1, PIXELS as i64],
        }]
    }
}

/// The share of predictions that are right.
#[tracked]
pub fn accuracy(predictions: &[Prediction], digits: &[u8]) -> Accuracy {
    let pairs = predictions.iter().zip(digits);
    let right = pairs
        .filter(|(prediction, digit)| prediction.digit == **digit)
        .count();
    Accuracy(right as f64 / digits.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::CLASSES;

    fn untrained() -> Digits {
        Digits {
            scaling: Scaling {
                mean: 8.0,
                deviation: 4.0,
            },
            softmax: Softmax::new(CLASSES, PIXELS),
        }
    }

    #[test]
    fn predicts_every_image() {
        let model = untrained();
        model.warm_up().unwrap();
        let predictions = model
            .predict(&[vec![0.0; PIXELS], vec![DARKEST; PIXELS]])
            .unwrap();
        assert!(predictions.iter().all(|prediction| prediction.probability == 0.1));
        assert_eq!(predictions.len(), 2);
    }

    #[test]
    fn refuses_what_is_no_image() {
        let mut dark = vec![0.0; PIXELS];
        dark[9] = 255.0;
        for wrong in [vec![], vec![0.0; 63], vec![f32::NAN; PIXELS], dark] {
            let error = untrained().predict(&[wrong]).unwrap_err();
            assert!(
                matches!(error.downcast_ref(), Some(PredictError::Input(_))),
                "{error}"
            );
        }
    }

    #[test]
    fn scaling_and_accuracy() {
        assert_eq!(untrained().scaling.apply(&[4.0, 8.0]), [-1.0, 0.0]);
        let prediction = |digit| Prediction {
            digit,
            probability: 1.0,
        };
        assert_eq!(accuracy(&[prediction(3), prediction(4)], &[3, 5]), Accuracy(0.5));
    }
}
