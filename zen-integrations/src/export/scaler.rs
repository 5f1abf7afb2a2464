//! Features of one scale.

use super::ExportError;
use super::graph::{Graph, Value};
use super::real::{Real, check_finite};

/// Brings features to the mean 0 and the deviation 1 before a model sees them: `(x - mean) / scale`.
#[derive(Debug, Clone, PartialEq)]
pub struct StandardScaler<T> {
    means: Vec<T>,
    scales: Vec<T>,
    uniform: bool,
}

impl<T: Real> StandardScaler<T> {
    /// One mean and one scale for each feature.
    pub fn new(means: impl Into<Vec<T>>, scales: impl Into<Vec<T>>) -> Self {
        Self {
            means: means.into(),
            scales: scales.into(),
            uniform: false,
        }
    }

    /// One mean and one scale for all features.
    pub fn uniform(mean: T, scale: T) -> Self {
        Self {
            means: vec![mean],
            scales: vec![scale],
            uniform: true,
        }
    }

    pub(super) fn check(&self, features: usize) -> Result<(), ExportError> {
        for (what, values) in [("means", &self.means), ("scales", &self.scales)] {
            if !self.uniform && values.len() != features {
                return Err(ExportError::Shape(format!(
                    "the scaler has {} {what}, and the model has {features} features",
                    values.len()
                )));
            }
        }
        for (place, mean) in self.means.iter().enumerate() {
            check_finite(*mean, format_args!("the scaler's mean {place}"))?;
        }
        for (place, scale) in self.scales.iter().enumerate() {
            check_finite(*scale, format_args!("the scaler's scale {place}"))?;
            if (*scale).into() == 0.0 {
                return Err(ExportError::Shape(format!("the scaler's scale {place} is zero")));
            }
        }
        Ok(())
    }

    /// The scaled features.
    pub(super) fn write(&self, graph: &mut Graph, features: &Value, count: usize) -> Value {
        // A number for each feature also when they are all the same: onnxruntime takes a scalar before a product of matrices for a
        // factor of it, which it keeps in single precision.
        let each = |values: &[T]| -> Vec<T> { values.iter().copied().cycle().take(count).collect() };
        let means = graph.numbers(&[count], &each(&self.means));
        let scales = graph.numbers(&[count], &each(&self.scales));
        let centred = graph.node("Sub", &[features, &means], vec![]);
        graph.node("Div", &[&centred, &scales], vec![])
    }
}
