//! Multinomial logistic regression.

use zen_core::prelude::*;
use zen_core::tracked;

/// Says how likely each class is: one weighted sum of the inputs for each, made probabilities by the softmax function.
#[tracked]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Softmax {
    classes: Vec<Class>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Class {
    bias: f32,
    weights: Vec<f32>,
}

impl Softmax {
    /// One that has learnt nothing: all classes are equally likely.
    pub fn new(classes: usize, inputs: usize) -> Self {
        let class = Class {
            bias: 0.0,
            weights: vec![0.0; inputs],
        };
        Self {
            classes: vec![class; classes],
        }
    }

    /// The weights of the inputs, for one class after the other.
    pub fn weights(&self) -> impl Iterator<Item = &[f32]> {
        self.classes.iter().map(|class| class.weights.as_slice())
    }

    /// What is added to each class's weighted sum.
    pub fn biases(&self) -> Vec<f32> {
        self.classes.iter().map(|class| class.bias).collect()
    }

    /// How likely each class is; the sum is 1.
    pub fn probabilities(&self, inputs: &[f32]) -> Vec<f32> {
        let score = |class: &Class| {
            let products = class.weights.iter().zip(inputs).map(|(weight, x)| weight * x);
            class.bias + products.sum::<f32>()
        };
        let scores: Vec<f32> = self.classes.iter().map(score).collect();
        // Differences are all that counts, and no exponential of one that isn't positive overflows.
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f32> = scores.iter().map(|score| (score - highest).exp()).collect();
        let sum: f32 = powers.iter().sum();
        powers.into_iter().map(|power| power / sum).collect()
    }

    /// One step of gradient descent: towards probabilities of 1 for the classes of this batch.
    ///
    /// # Panics
    /// When a class isn't one of those there are.
    pub fn learn(&mut self, batch: &[Vec<f32>], classes: &[u8], rate: f32) {
        let error = |(inputs, class): (&Vec<f32>, &u8)| {
            let mut error = self.probabilities(inputs);
            error[usize::from(*class)] -= 1.0;
            error
        };
        let errors: Vec<Vec<f32>> = batch.iter().zip(classes).map(error).collect();
        let rate = rate / batch.len() as f32;
        for (inputs, errors) in batch.iter().zip(&errors) {
            for (class, error) in self.classes.iter_mut().zip(errors) {
                class.bias -= rate * error;
                for (weight, x) in class.weights.iter_mut().zip(inputs) {
                    *weight -= rate * error * x;
                }
            }
        }
    }

    /// Whether it still says something: with too high a rate, learning ends in infinities.
    pub fn is_finite(&self) -> bool {
        let finite = |class: &Class| class.bias.is_finite() && class.weights.iter().all(|w| w.is_finite());
        self.classes.iter().all(finite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_the_books() {
        let class = |weight| Class {
            bias: 0.0,
            weights: vec![weight],
        };
        let softmax = Softmax {
            classes: vec![class(0.0), class(1.0)],
        };
        assert_eq!(softmax.probabilities(&[0.0]), [0.5, 0.5]);
        let likely = softmax.probabilities(&[1.0])[1];
        assert!((likely - 1.0 / (1.0 + (-1.0_f32).exp())).abs() < 1e-6, "{likely}");
        assert_eq!(softmax.probabilities(&[1e9]), [0.0, 1.0]);
    }

    #[test]
    fn learns_to_tell_classes_apart() {
        let batch = [vec![-1.0], vec![1.0]];
        let mut softmax = Softmax::new(2, 1);
        for _ in 0..100 {
            softmax.learn(&batch, &[0, 1], 1.0);
        }
        assert!(softmax.probabilities(&[-1.0])[0] > 0.99);
        assert!(softmax.probabilities(&[1.0])[1] > 0.99);
        assert!(softmax.is_finite());
    }

    #[test]
    fn a_class_has_its_weights_and_its_bias() {
        let mut softmax = Softmax::new(2, 1);
        softmax.learn(&[vec![2.0]], &[1], 1.0);
        assert_eq!(softmax.weights().collect::<Vec<_>>(), [[-1.0], [1.0]]);
        assert_eq!(softmax.biases(), [-0.5, 0.5]);
    }

    #[test]
    fn a_rate_that_is_too_high_shows() {
        let mut softmax = Softmax::new(2, 1);
        softmax.learn(&[vec![1e30]], &[0], 1e30);
        assert!(!softmax.is_finite());
    }
}
