//! From images to a model.

use zen_core::prelude::*;

use super::{CLASSES, Digits, Images, PIXELS, Scaling, Softmax};

/// How often the trainer goes through all images unless it is said otherwise.
pub const EPOCHS: u32 = 20;
/// The learning rate unless it is said otherwise.
pub const LR: f32 = 0.05;
/// How many images are learnt from at once.
const BATCH: usize = 32;

/// Images of one scale, and the scale that was theirs.
#[derive(Debug, Outputs)]
pub struct Normalized {
    /// With pixels of mean 0 and deviation 1.
    pub images: Images,
    /// How they got them.
    pub scaling: Scaling,
}

/// Finds the scale of the images to train with, and applies it. The model gets it too: whoever asks the model sends pixels as they are.
#[step(depends(Images, Scaling))]
pub fn normalizer(images: &Images) -> Normalized {
    let pixels: Vec<f32> = images.pixels.concat();
    let mean_of = |values: &mut dyn Iterator<Item = f32>| values.sum::<f32>() / pixels.len() as f32;
    let mean = mean_of(&mut pixels.iter().copied());
    let variance = mean_of(&mut pixels.iter().map(|pixel| (pixel - mean).powi(2)));
    let scaling = Scaling {
        mean,
        deviation: variance.sqrt(),
    };
    let images = Images {
        pixels: images.pixels.iter().map(|pixels| scaling.apply(pixels)).collect(),
        digits: images.digits.clone(),
    };
    Normalized { images, scaling }
}

/// Trains a softmax regression by mini-batch gradient descent.
///
/// The batches come in the order of the file, in which the digits are mixed: the same parameters give the same model in every run.
///
/// # Errors
/// When the learning rate is so high that training ends in infinities.
#[step(depends(Images, Digits, Softmax))]
pub fn trainer(images: &Images, scaling: &Scaling, epochs: u32, lr: f32) -> Result<Digits> {
    let mut softmax = Softmax::new(CLASSES, PIXELS);
    for _ in 0..epochs {
        let batches = images.pixels.chunks(BATCH).zip(images.digits.chunks(BATCH));
        for (pixels, digits) in batches {
            softmax.learn(pixels, digits, lr);
        }
    }
    if !softmax.is_finite() {
        return Err(format!("training ended in infinities: a learning rate of {lr:?} is too high").into());
    }
    Ok(Digits {
        scaling: scaling.clone(),
        softmax,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A white image is a 0, a black one a 1.
    fn sample() -> Images {
        Images {
            pixels: vec![vec![0.0; PIXELS], vec![16.0; PIXELS]],
            digits: vec![0, 1],
        }
    }

    #[test]
    fn scaled_pixels_have_mean_0_and_deviation_1() {
        let normalized = normalizer(&sample());
        let expected = Scaling {
            mean: 8.0,
            deviation: 8.0,
        };
        assert_eq!(normalized.scaling, expected);
        assert_eq!(normalized.images.pixels, [vec![-1.0; PIXELS], vec![1.0; PIXELS]]);
    }

    #[test]
    fn the_model_takes_unscaled_pixels() {
        let Normalized { images, scaling } = normalizer(&sample());
        let model = trainer(&images, &scaling, 20, 0.1).unwrap();
        let predictions = model.predict(&sample().pixels).unwrap();
        let digits: Vec<u8> = predictions.iter().map(|prediction| prediction.digit).collect();
        assert_eq!(digits, [0, 1]);
    }

    #[test]
    fn a_rate_that_is_too_high_is_refused() {
        let Normalized { images, scaling } = normalizer(&sample());
        let error = trainer(&images, &scaling, 9, f32::MAX).unwrap_err().to_string();
        assert!(error.contains("too high"), "{error}");
    }
}
