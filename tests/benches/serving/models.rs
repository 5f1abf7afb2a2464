//! The model that is served, and the same arithmetic for the floor.

use serde::{Deserialize, Serialize};
use zen_core::prelude::*;
use zen_core::serving::{Datatype, TensorSpec};

/// How many numbers a row has.
pub(crate) const INPUTS: usize = 64;
/// How many classes there are.
pub(crate) const CLASSES: usize = 10;

/// A network with one hidden layer: a prediction takes a few microseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Network {
    hidden: Vec<Vec<f32>>,
    output: Vec<Vec<f32>>,
}

impl Network {
    /// One whose weights are always the same.
    pub(crate) fn new() -> Self {
        let mut state = 1u32;
        let mut layer = |outputs: usize| -> Vec<Vec<f32>> {
            let mut weight = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 16_777_216.0 - 0.5
            };
            (0..outputs)
                .map(|_| (0..INPUTS).map(|_| weight()).collect())
                .collect()
        };
        Self {
            hidden: layer(INPUTS),
            output: layer(CLASSES),
        }
    }

    /// The probability of each class.
    pub(crate) fn classify(&self, row: &[f32]) -> [f32; CLASSES] {
        let dot = |weights: &Vec<f32>, values: &[f32]| -> f32 {
            weights
                .iter()
                .zip(values)
                .map(|(weight, value)| weight * value)
                .sum()
        };
        let hidden: Vec<f32> = self
            .hidden
            .iter()
            .map(|weights| dot(weights, row).max(0.0))
            .collect();
        let mut classes = [0.0; CLASSES];
        for (class, weights) in classes.iter_mut().zip(&self.output) {
            *class = (dot(weights, &hidden) / 8.0).exp();
        }
        let sum: f32 = classes.iter().sum();
        classes.map(|class| class / sum)
    }
}

fn specs() -> Vec<TensorSpec> {
    vec![TensorSpec {
        name: "input".into(),
        datatype: Datatype::Fp32,
        shape: vec![-1, INPUTS as i64],
    }]
}

fn classify_all(network: &Network, batch: &[Vec<f32>]) -> Vec<[f32; CLASSES]> {
    batch.iter().map(|row| network.classify(row)).collect()
}

/// Predicts in the connection's task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Inline(pub(crate) Network);

#[predictor]
impl Predictor for Inline {
    type Input = Vec<f32>;
    type Output = [f32; CLASSES];

    const INLINE: bool = true;

    fn predict(&self, batch: &[Vec<f32>]) -> Result<Vec<[f32; CLASSES]>> {
        Ok(classify_all(&self.0, batch))
    }

    fn inputs(&self) -> Vec<TensorSpec> {
        specs()
    }
}

/// Predicts in a thread of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Isolated(pub(crate) Network);

#[predictor]
impl Predictor for Isolated {
    type Input = Vec<f32>;
    type Output = [f32; CLASSES];

    fn predict(&self, batch: &[Vec<f32>]) -> Result<Vec<[f32; CLASSES]>> {
        Ok(classify_all(&self.0, batch))
    }

    fn inputs(&self) -> Vec<TensorSpec> {
        specs()
    }
}
