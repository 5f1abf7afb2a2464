//! Random models agree with plain Rust: to 1e-5 in single precision, to 1e-12 in double, both absolute, and relative for numbers beyond 1.

use std::cell::RefCell;
use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use zen_core::serving::{Datatype, TensorSpec};
use zen_integrations::export::{
    ClassificationOutput, ExportedOnnx, LinearRegression, LogisticRegression, RegressionOutput,
};

use super::expected::{Elements, Expected, check};
use super::onnxruntime::Onnxruntime;
use super::random::{Float, Model, model, tolerance};
use super::tensors::{spec, tract};

/// Makes models, has them written and run, and compares.
fn agree<C: Debug>(
    cases: impl Strategy<Value = C>,
    inputs: impl Fn(&C) -> &Model,
    export: impl Fn(&C) -> (ExportedOnnx, Vec<Expected>),
) {
    let onnxruntime = RefCell::new(Onnxruntime::start());
    let config = Config {
        cases: 96,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let run = TestRunner::new(config).run(&cases, |case| {
        let (file, expected) = export(&case);
        let again = export(&case).0;
        assert_eq!(file.bytes(), again.bytes(), "the same model is the same file");
        assert_eq!(file.inputs(), inputs(&case).inputs);
        let (rows, tensors) = (inputs(&case).rows.len(), inputs(&case).tensors());
        check(&tract(&file, tensors.clone()), &expected, rows, "tract");
        if let Some(onnxruntime) = onnxruntime.borrow_mut().as_mut() {
            check(&onnxruntime.run(&file, &tensors), &expected, rows, "onnxruntime");
        }
        Ok(())
    });
    if let Err(error) = run {
        panic!("{error}");
    }
}

/// An output: which of those there are, its type, and whether its size is left open.
type Asked = (Index, Datatype, bool);

fn asked() -> impl Strategy<Value = Vec<Asked>> {
    let reals = select(vec![Datatype::Fp32, Datatype::Fp64]);
    vec((any::<Index>(), reals, any::<bool>()), 1..5)
}

/// The shape of an output as it is, and as the predictor says it.
fn said(name: &str, datatype: Datatype, size: Option<usize>, open: bool) -> (TensorSpec, TensorSpec) {
    match size.map(|size| size as i64) {
        Some(size) => {
            let said = if open { -1 } else { size };
            (
                spec(name, datatype, &[-1, size]),
                spec(name, datatype, &[-1, said]),
            )
        }
        None => (spec(name, datatype, &[-1]), spec(name, datatype, &[-1])),
    }
}

fn regression<T: Float>(model: &Model, asked: &[Asked]) -> (ExportedOnnx, Vec<Expected>) {
    let targets = model.weights.len();
    let mut kinds = vec![RegressionOutput::Values];
    kinds.extend((0..targets).map(RegressionOutput::Target));
    if targets == 1 {
        kinds.push(RegressionOutput::Value);
    }
    let sums = model.sums::<T>();
    let (mut outputs, mut says, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for (place, (kind, datatype, open)) in asked.iter().enumerate() {
        let kind = *kind.get(&kinds);
        let size = (kind == RegressionOutput::Values).then_some(targets);
        let (spec, as_said) = said(&format!("output {place}"), *datatype, size, *open);
        let numbers = sums.iter().flat_map(|row| match kind {
            RegressionOutput::Target(target) => vec![Some(row[target])],
            _ => row.iter().copied().map(Some).collect(),
        });
        expected.push(Expected {
            spec: spec.clone(),
            elements: Elements::Numbers(numbers.collect()),
            tolerance: tolerance::<T>(*datatype),
        });
        says.push((spec.name, kind));
        outputs.push(as_said);
    }
    let (weights, biases) = (model.weights::<T>(), model.biases::<T>());
    let mut regression = match (weights.as_slice(), biases.as_slice()) {
        ([weights], [bias]) => LinearRegression::new(weights, *bias),
        _ => LinearRegression::multiple(weights, biases),
    };
    if let Some(scaler) = model.scaler::<T>() {
        regression = regression.scaled(scaler);
    }
    let file = regression.export(&model.said(), &outputs, says).unwrap();
    (file, expected)
}

#[test]
fn linear_regressions() {
    let cases = (model(1..5_usize), asked(), any::<bool>());
    agree(
        cases,
        |(model, ..)| model,
        |(model, asked, double)| match double {
            true => regression::<f64>(model, asked),
            false => regression::<f32>(model, asked),
        },
    );
}

/// What classes are called: not at all, by numbers of a type, or by names.
#[derive(Debug, Clone)]
enum Labels {
    Places(Datatype),
    Numbers(Datatype),
    Names,
}

fn labels() -> impl Strategy<Value = Labels> {
    let integers = || {
        let all = Datatype::ALL.into_iter();
        select(
            all.filter(|kind| kind.as_str().contains("INT"))
                .collect::<Vec<_>>(),
        )
    };
    prop_oneof![
        integers().prop_map(Labels::Places),
        integers().prop_map(Labels::Numbers),
        Just(Labels::Names),
    ]
}

impl Labels {
    fn datatype(&self) -> Datatype {
        match self {
            Self::Places(datatype) | Self::Numbers(datatype) => *datatype,
            Self::Names => Datatype::Bytes,
        }
    }

    fn number(&self, class: usize) -> i64 {
        match self {
            Self::Numbers(_) => 100 - 7 * class as i64,
            _ => class as i64,
        }
    }

    fn elements(&self, classes: &[Option<usize>]) -> Elements {
        let classes = classes.iter().copied();
        match self {
            Self::Names => Elements::Texts(classes.map(|class| class.map(name)).collect()),
            _ => Elements::Numbers(
                classes
                    .map(|class| class.map(|class| self.number(class) as f64))
                    .collect(),
            ),
        }
    }

    fn of<T: Float>(&self, regression: LogisticRegression<T>, classes: usize) -> LogisticRegression<T> {
        match self {
            Self::Places(_) => regression,
            Self::Numbers(_) => regression.class_numbers((0..classes).map(|class| self.number(class))),
            Self::Names => regression.class_names((0..classes).map(name)),
        }
    }
}

fn name(class: usize) -> String {
    format!("κλάση \"{class}\"")
}

/// What a classifier says of a row.
struct Said {
    probabilities: Vec<f64>,
    /// None when another one is nearly as good.
    class: Option<usize>,
    /// How likely the predicted class is. None when it depends on which of two it is.
    probability: Option<f64>,
}

fn softmax(sums: &[f64]) -> Said {
    let highest = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = sums.iter().map(|sum| (sum - highest).exp()).collect();
    let all: f64 = powers.iter().sum();
    let probabilities: Vec<f64> = powers.iter().map(|power| power / all).collect();
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
    let clear = probabilities[order[0]] - probabilities[order[1]] > 1e-5;
    Said {
        class: clear.then_some(order[0]),
        probability: Some(probabilities[order[0]]),
        probabilities,
    }
}

fn sigmoid(sum: f64, threshold: f64) -> Said {
    let second = 1.0 / (1.0 + (-sum).exp());
    let probabilities = vec![1.0 - second, second];
    let class = ((second - threshold).abs() > 1e-5).then_some(usize::from(second > threshold));
    Said {
        class,
        probability: class.map(|class| probabilities[class]),
        probabilities,
    }
}

fn classification<T: Float>(
    model: &Model,
    asked: &[Asked],
    labels: &Labels,
    threshold: Option<f64>,
) -> (ExportedOnnx, Vec<Expected>) {
    let sums = model.sums::<T>();
    let binary = model.weights.len() == 1;
    let limit = threshold.map_or(0.5, |threshold| T::of(threshold).into());
    let rows: Vec<Said> = sums
        .iter()
        .map(|sums| match sums.as_slice() {
            [only] => sigmoid(*only, limit),
            several => softmax(several),
        })
        .collect();
    let classes = model.weights.len().max(2);
    let mut kinds = vec![
        ClassificationOutput::Label,
        ClassificationOutput::Probability,
        ClassificationOutput::Probabilities,
    ];
    kinds.extend((0..classes).map(ClassificationOutput::ProbabilityOf));
    let (mut outputs, mut says, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for (place, (kind, datatype, open)) in asked.iter().enumerate() {
        let kind = *kind.get(&kinds);
        let (size, datatype) = match kind {
            ClassificationOutput::Label => (None, labels.datatype()),
            ClassificationOutput::Probabilities => (Some(classes), *datatype),
            _ => (None, *datatype),
        };
        let (spec, as_said) = said(&format!("output {place}"), datatype, size, *open);
        let numbers =
            |of: &dyn Fn(&Said) -> Vec<Option<f64>>| Elements::Numbers(rows.iter().flat_map(of).collect());
        let elements = match kind {
            ClassificationOutput::Label => {
                labels.elements(&rows.iter().map(|row| row.class).collect::<Vec<_>>())
            }
            ClassificationOutput::Probability => numbers(&|row| vec![row.probability]),
            ClassificationOutput::ProbabilityOf(class) => {
                numbers(&|row| vec![Some(row.probabilities[class])])
            }
            _ => numbers(&|row| row.probabilities.iter().copied().map(Some).collect()),
        };
        expected.push(Expected {
            spec: spec.clone(),
            elements,
            tolerance: tolerance::<T>(datatype),
        });
        says.push((spec.name, kind));
        outputs.push(as_said);
    }
    let (weights, biases) = (model.weights::<T>(), model.biases::<T>());
    let mut regression = match binary {
        true => LogisticRegression::binary(&weights[0], biases[0]),
        false => LogisticRegression::multinomial(weights, biases),
    };
    if let Some(scaler) = model.scaler::<T>() {
        regression = regression.scaled(scaler);
    }
    if let Some(threshold) = threshold.filter(|_| binary) {
        regression = regression.threshold(T::of(threshold));
    }
    let regression = labels.of(regression, classes);
    let file = regression.export(&model.said(), &outputs, says).unwrap();
    (file, expected)
}

#[test]
fn binary_logistic_regressions() {
    let threshold = proptest::option::of(prop_oneof![0.0..=1.0, Just(0.0), Just(1.0)]);
    let cases = (model(Just(1)), asked(), labels(), threshold, any::<bool>());
    agree(
        cases,
        |(model, ..)| model,
        |(model, asked, labels, threshold, double)| match double {
            true => classification::<f64>(model, asked, labels, *threshold),
            false => classification::<f32>(model, asked, labels, *threshold),
        },
    );
}

#[test]
fn multinomial_logistic_regressions() {
    let cases = (model(2..7_usize), asked(), labels(), any::<bool>());
    agree(
        cases,
        |(model, ..)| model,
        |(model, asked, labels, double)| match double {
            true => classification::<f64>(model, asked, labels, None),
            false => classification::<f32>(model, asked, labels, None),
        },
    );
}
