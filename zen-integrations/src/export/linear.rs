//! Linear regression.

use zen_core::serving::{Predictor, TensorSpec};

use super::graph::Graph;
use super::inputs::{closed, features};
use super::outputs::{matched, real, several, single, write_real};
use super::real::Real;
use super::scaler::StandardScaler;
use super::weighted::Weighted;
use super::{ExportError, ExportedOnnx};

/// A linear regression that is to be written as ONNX: of each target, the weighted sum of the features and a bias.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearRegression<T> {
    sums: Weighted<T>,
}

/// What an output of a regression says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegressionOutput {
    /// The predicted value of the only target: `[-1]`.
    Value,
    /// The predicted values of all targets: `[-1, targets]`.
    Values,
    /// The predicted value of one of several targets: `[-1]`.
    Target(usize),
}

impl<T: Real> LinearRegression<T> {
    /// A regression of one target: a weight for each feature, and the bias (intercept).
    pub fn new(weights: impl AsRef<[T]>, bias: T) -> Self {
        Self::multiple([weights], [bias])
    }

    /// A regression of several targets: a row of weights for each, and as many biases.
    pub fn multiple(weights: impl IntoIterator<Item = impl AsRef<[T]>>, biases: impl Into<Vec<T>>) -> Self {
        Self {
            sums: Weighted::new("target", weights, biases.into()),
        }
    }

    /// The features are scaled first.
    #[must_use]
    pub fn scaled(mut self, scaler: StandardScaler<T>) -> Self {
        self.sums.scaler = Some(scaler);
        self
    }

    /// Writes the model with the inputs and outputs of this predictor. What each output says is told by its name, in the predictor's order.
    ///
    /// # Errors
    /// [`ExportError::Shape`] when the parts of the model don't fit together, or the inputs or outputs are others.
    pub fn export_for<P: Predictor>(
        &self,
        predictor: &P,
        outputs: impl IntoIterator<Item = (impl AsRef<str>, RegressionOutput)>,
    ) -> Result<ExportedOnnx, ExportError> {
        self.export(&predictor.inputs(), &predictor.outputs(), outputs)
    }

    /// Writes the model with these inputs and outputs, such as [`Row::specs`](zen_core::serving::Row::specs) gives them.
    ///
    /// # Errors
    /// As [`export_for`](Self::export_for).
    pub fn export(
        &self,
        inputs: &[TensorSpec],
        outputs: &[TensorSpec],
        says: impl IntoIterator<Item = (impl AsRef<str>, RegressionOutput)>,
    ) -> Result<ExportedOnnx, ExportError> {
        let inputs = closed(inputs, self.sums.check()?)?;
        let says = matched(outputs, says)?.into_iter();
        let outputs = says.map(|(spec, says)| Ok((self.output(&spec, says)?, says)));
        let outputs = outputs.collect::<Result<Vec<_>, ExportError>>()?;
        let specs: Vec<_> = outputs.iter().map(|(spec, _)| spec.clone()).collect();

        let mut graph = Graph::new(&inputs, &specs)?;
        let features = features::<T>(&mut graph, &inputs);
        let values = self.sums.write(&mut graph, &features);
        for (spec, says) in &outputs {
            let value = match says {
                RegressionOutput::Value => graph.squeeze(&values),
                RegressionOutput::Values => values.clone(),
                RegressionOutput::Target(target) => graph.column(&values, *target),
            };
            write_real::<T>(&mut graph, spec, &value);
        }
        Ok(ExportedOnnx::new(graph.finish(), inputs, specs))
    }

    fn output(&self, spec: &TensorSpec, says: RegressionOutput) -> Result<TensorSpec, ExportError> {
        real(spec, says)?;
        let targets = self.sums.sums();
        match says {
            RegressionOutput::Value if targets != 1 => Err(ExportError::Shape(format!(
                "output `{}` is the value of the only target, and there are {targets}: use `Values` or `Target`",
                spec.name
            ))),
            RegressionOutput::Target(target) if target >= targets => Err(ExportError::Shape(format!(
                "output `{}` is the value of target {target}, and there are {targets} (the first is 0)",
                spec.name
            ))),
            RegressionOutput::Values => several(spec, targets, says),
            _ => single(spec, says),
        }
    }
}
