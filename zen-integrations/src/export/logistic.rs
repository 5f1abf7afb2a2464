//! Logistic regression: of two classes, and of many.

use zen_core::serving::{Predictor, TensorSpec};

use super::classes::Classes;
use super::graph::Graph;
use super::inputs::{closed, features};
use super::outputs::{matched, real, several, single, write_real};
use super::probabilities::Probabilities;
use super::real::{Real, check_finite};
use super::scaler::StandardScaler;
use super::weighted::Weighted;
use super::{ExportError, ExportedOnnx};

/// A logistic regression that is to be written as ONNX: of each class, how likely it is.
///
/// The classes are labelled with the numbers from 0, unless it is said otherwise. Of classes that are equally likely, the first is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticRegression<T> {
    sums: Weighted<T>,
    binary: bool,
    threshold: Option<T>,
    classes: Option<Classes>,
}

/// What an output of a classifier says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClassificationOutput {
    /// The label of the predicted class, `[-1]`: of any integer type, `BOOL` for 0 and 1, or `BYTES` for names.
    Label,
    /// How likely the predicted class is: `[-1]`.
    Probability,
    /// How likely each class is: `[-1, classes]`.
    Probabilities,
    /// How likely the class at this place is, such as `ProbabilityOf(1)`, the positive one of two: `[-1]`.
    ProbabilityOf(usize),
}

impl<T: Real> LogisticRegression<T> {
    /// A regression of two classes: the sigmoid of the weighted sum says how likely the second is.
    pub fn binary(weights: impl AsRef<[T]>, bias: T) -> Self {
        Self {
            sums: Weighted::new("class", [weights], vec![bias]),
            binary: true,
            threshold: None,
            classes: None,
        }
    }

    /// A regression of two or more classes: a row of weights for each, and as many biases; the softmax of the weighted sums says how likely
    /// the classes are.
    pub fn multinomial(
        weights: impl IntoIterator<Item = impl AsRef<[T]>>,
        biases: impl Into<Vec<T>>,
    ) -> Self {
        Self {
            sums: Weighted::new("class", weights, biases.into()),
            binary: false,
            threshold: None,
            classes: None,
        }
    }

    /// The features are scaled first.
    #[must_use]
    pub fn scaled(mut self, scaler: StandardScaler<T>) -> Self {
        self.sums.scaler = Some(scaler);
        self
    }

    /// The second of two classes is predicted when it is more likely than this: 0.5 unless it is said.
    #[must_use]
    pub fn threshold(mut self, threshold: T) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// The classes are labelled with these numbers.
    #[must_use]
    pub fn class_numbers(mut self, numbers: impl IntoIterator<Item = impl Into<i128>>) -> Self {
        self.classes = Some(Classes::Numbers(numbers.into_iter().map(Into::into).collect()));
        self
    }

    /// The classes are labelled with these names.
    #[must_use]
    pub fn class_names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.classes = Some(Classes::Names(names.into_iter().map(Into::into).collect()));
        self
    }

    /// Writes the model with the inputs and outputs of this predictor. What each output says is told by its name, in the predictor's order.
    ///
    /// # Errors
    /// [`ExportError::Shape`] when the parts of the model don't fit together, or the inputs or outputs are others.
    pub fn export_for<P: Predictor>(
        &self,
        predictor: &P,
        outputs: impl IntoIterator<Item = (impl AsRef<str>, ClassificationOutput)>,
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
        says: impl IntoIterator<Item = (impl AsRef<str>, ClassificationOutput)>,
    ) -> Result<ExportedOnnx, ExportError> {
        let inputs = closed(inputs, self.sums.check()?)?;
        self.check()?;
        let classes = self.classes();
        classes.check(self.count())?;
        let says = matched(outputs, says)?.into_iter();
        let outputs = says.map(|(spec, says)| Ok((self.output(&spec, says, &classes)?, says)));
        let outputs = outputs.collect::<Result<Vec<_>, ExportError>>()?;
        let specs: Vec<_> = outputs.iter().map(|(spec, _)| spec.clone()).collect();

        let mut graph = Graph::new(&inputs, &specs)?;
        let features = features::<T>(&mut graph, &inputs);
        let sums = self.sums.write(&mut graph, &features);
        let probabilities = match self.binary {
            true => Probabilities::sigmoid(&mut graph, &sums, self.threshold),
            false => Probabilities::softmax(&mut graph, &sums),
        };
        for (spec, says) in &outputs {
            let value = match says {
                ClassificationOutput::Label => {
                    let place = probabilities.place(&mut graph);
                    let label = classes.write(&mut graph, &place, spec.datatype);
                    graph.output(spec, &label);
                    continue;
                }
                ClassificationOutput::Probability => probabilities.highest::<T>(&mut graph),
                ClassificationOutput::Probabilities => probabilities.all::<T>(&mut graph),
                ClassificationOutput::ProbabilityOf(class) => probabilities.of::<T>(&mut graph, *class),
            };
            write_real::<T>(&mut graph, spec, &value);
        }
        Ok(ExportedOnnx::new(graph.finish(), inputs, specs))
    }

    /// How many classes there are.
    fn count(&self) -> usize {
        if self.binary { 2 } else { self.sums.sums() }
    }

    fn classes(&self) -> Classes {
        let numbered = || Classes::Numbers((0..).take(self.count()).collect());
        self.classes.clone().unwrap_or_else(numbered)
    }

    fn check(&self) -> Result<(), ExportError> {
        let reason = match self.threshold {
            _ if self.count() < 2 => "it has one class, and there must be two".into(),
            None => return Ok(()),
            Some(_) if !self.binary => {
                "it has a threshold, which only a model of two classes made with `binary` has".into()
            }
            Some(threshold) => {
                check_finite(threshold, "the threshold")?;
                if (0.0..=1.0).contains(&threshold.into()) {
                    return Ok(());
                }
                format!("the threshold is {threshold}, and probabilities are from 0 to 1")
            }
        };
        Err(ExportError::Shape(reason))
    }

    fn output(
        &self,
        spec: &TensorSpec,
        says: ClassificationOutput,
        classes: &Classes,
    ) -> Result<TensorSpec, ExportError> {
        match says {
            ClassificationOutput::Label => classes.check_output(spec)?,
            ClassificationOutput::ProbabilityOf(class) if class >= self.count() => {
                return Err(ExportError::Shape(format!(
                    "output `{}` is the probability of class {class}, and there are {} (the first is 0)",
                    spec.name,
                    self.count()
                )));
            }
            _ => real(spec, says)?,
        }
        match says {
            ClassificationOutput::Probabilities => several(spec, self.count(), says),
            _ => single(spec, says),
        }
    }
}
