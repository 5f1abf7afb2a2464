//! Weighted sums of features, which all linear models begin with.

use super::ExportError;
use super::graph::{Graph, Value};
use super::real::{Real, check_finite};
use super::scaler::StandardScaler;

/// One weighted sum of the features, which may be scaled first, for each target or class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weighted<T> {
    /// What a sum is for, in errors: a target, or a class.
    unit: &'static str,
    weights: Vec<Vec<T>>,
    biases: Vec<T>,
    pub(super) scaler: Option<StandardScaler<T>>,
}

impl<T: Real> Weighted<T> {
    pub(super) fn new(
        unit: &'static str,
        weights: impl IntoIterator<Item = impl AsRef<[T]>>,
        biases: Vec<T>,
    ) -> Self {
        Self {
            unit,
            weights: weights.into_iter().map(|row| row.as_ref().to_vec()).collect(),
            biases,
            scaler: None,
        }
    }

    /// How many sums there are.
    pub(super) fn sums(&self) -> usize {
        self.weights.len()
    }

    /// How many features there are, when all parts fit together.
    pub(super) fn check(&self) -> Result<usize, ExportError> {
        let shape = |reason: String| Err(ExportError::Shape(reason));
        let unit = self.unit;
        let Some(features) = self.weights.first().map(Vec::len) else {
            return shape(format!("it has no weights: not a single {unit}"));
        };
        if features == 0 {
            return shape(format!("{unit} 0 has no weights"));
        }
        for (place, row) in self.weights.iter().enumerate() {
            if row.len() != features {
                return shape(format!(
                    "{unit} {place} has {} weights, and {unit} 0 has {features}",
                    row.len()
                ));
            }
            for (feature, weight) in row.iter().enumerate() {
                check_finite(*weight, format_args!("weight {feature} of {unit} {place}"))?;
            }
        }
        if self.biases.len() != self.sums() {
            return shape(format!(
                "there are weights for {} and biases for {} (each {unit} has one)",
                self.sums(),
                self.biases.len()
            ));
        }
        for (place, bias) in self.biases.iter().enumerate() {
            check_finite(*bias, format_args!("the bias of {unit} {place}"))?;
        }
        if let Some(scaler) = &self.scaler {
            scaler.check(features)?;
        }
        Ok(features)
    }

    /// The sums, [batch, sums], of features, [batch, features].
    pub(super) fn write(&self, graph: &mut Graph, features: &Value) -> Value {
        let count = self.weights.first().map_or(0, Vec::len);
        let scaled = self
            .scaler
            .as_ref()
            .map(|scaler| scaler.write(graph, features, count));
        let features = scaled.as_ref().unwrap_or(features);
        // A column for each sum.
        let columns = (0..count).flat_map(|feature| self.weights.iter().map(move |row| row[feature]));
        let columns: Vec<T> = columns.collect();
        let weights = graph.numbers(&[count, self.sums()], &columns);
        let biases = graph.numbers(&[self.sums()], &self.biases);
        // A single scale is a scalar, which must not stand before a product of matrices: see the scaler.
        let product = if count == 1 { "Mul" } else { "MatMul" };
        let products = graph.node(product, &[features, &weights], vec![]);
        graph.node("Add", &[&products, &biases], vec![])
    }
}
