//! Models that can't be written, and what is said of them.

use zen_core::serving::{Datatype, TensorSpec};
use zen_integrations::export::{
    ClassificationOutput as Class, ExportError, ExportedOnnx, LinearRegression, LogisticRegression,
    RegressionOutput as Value, StandardScaler,
};

use super::tensors::spec;

fn refused(result: Result<ExportedOnnx, ExportError>, reason: &str) {
    match result {
        Err(ExportError::Shape(found)) => assert!(found.contains(reason), "{found}\nis not\n{reason}"),
        other => panic!("expected `{reason}`, got {other:?}"),
    }
}

fn x(features: i64) -> Vec<TensorSpec> {
    vec![spec("x", Datatype::Fp64, &[-1, features])]
}

fn y() -> Vec<TensorSpec> {
    vec![spec("y", Datatype::Fp64, &[-1])]
}

fn label(datatype: Datatype) -> Vec<TensorSpec> {
    vec![spec("label", datatype, &[-1])]
}

fn linear(model: LinearRegression<f64>, reason: &str) {
    refused(model.export(&x(2), &y(), [("y", Value::Target(0))]), reason);
}

fn labelled(model: LogisticRegression<f64>, datatype: Datatype, reason: &str) {
    refused(
        model.export(&x(2), &label(datatype), [("label", Class::Label)]),
        reason,
    );
}

fn line() -> LinearRegression<f64> {
    LinearRegression::new([1.0, 2.0], 3.0)
}

fn binary() -> LogisticRegression<f64> {
    LogisticRegression::binary([1.0, 2.0], 3.0)
}

#[test]
fn weights_that_do_not_fit_together() {
    linear(
        LinearRegression::multiple([[0.0; 2]; 0], []),
        "it has no weights: not a single target",
    );
    linear(LinearRegression::new([], 1.0), "target 0 has no weights");
    linear(
        LinearRegression::multiple([vec![1.0, 2.0], vec![1.0]], [1.0, 2.0]),
        "target 1 has 1 weights, and target 0 has 2",
    );
    linear(
        LinearRegression::multiple([[1.0, 2.0]], [1.0, 2.0]),
        "there are weights for 1 and biases for 2",
    );
    linear(
        LinearRegression::new([1.0, f64::NAN], 1.0),
        "weight 1 of target 0 is NaN, and no finite number",
    );
    linear(
        LinearRegression::new([1.0, 2.0], f64::NEG_INFINITY),
        "the bias of target 0 is -inf",
    );
    labelled(
        LogisticRegression::multinomial([[1.0, 2.0], [f64::INFINITY, 1.0]], [1.0, 2.0]),
        Datatype::Uint8,
        "weight 0 of class 1 is inf",
    );
}

#[test]
fn scalers_that_do_not_fit() {
    let scaled = |scaler, reason| linear(line().scaled(scaler), reason);
    let new = |means: &[f64], scales: &[f64]| StandardScaler::new(means, scales);
    scaled(
        new(&[1.0], &[1.0, 1.0]),
        "the scaler has 1 means, and the model has 2 features",
    );
    scaled(
        new(&[1.0, 1.0], &[1.0]),
        "the scaler has 1 scales, and the model has 2 features",
    );
    scaled(new(&[1.0, f64::NAN], &[1.0, 1.0]), "the scaler's mean 1 is NaN");
    scaled(
        new(&[1.0, 1.0], &[f64::INFINITY, 1.0]),
        "the scaler's scale 0 is inf",
    );
    scaled(new(&[1.0, 1.0], &[1.0, -0.0]), "the scaler's scale 1 is zero");
    scaled(StandardScaler::uniform(0.0, 0.0), "the scaler's scale 0 is zero");
}

#[test]
fn classes_that_do_not_fit() {
    labelled(
        LogisticRegression::multinomial([[1.0, 2.0]], [1.0]),
        Datatype::Uint8,
        "it has one class",
    );
    labelled(
        LogisticRegression::multinomial([[1.0, 2.0]; 2], [1.0; 2]).threshold(0.5),
        Datatype::Uint8,
        "only a model of two classes made with `binary`",
    );
    labelled(binary().threshold(1.5), Datatype::Uint8, "the threshold is 1.5");
    labelled(
        binary().threshold(f64::NAN),
        Datatype::Uint8,
        "the threshold is NaN",
    );
    labelled(
        binary().class_numbers([1, 2, 3]),
        Datatype::Uint8,
        "there are 3 labels, and the model has 2 classes",
    );
    labelled(
        binary().class_numbers([7, 7]),
        Datatype::Uint8,
        "two classes have the label `7`",
    );
    labelled(
        binary().class_names(["a", "a"]),
        Datatype::Bytes,
        "two classes have the label `a`",
    );
    labelled(
        binary().class_numbers([1, 300]),
        Datatype::Uint8,
        "UINT8, in which there is no 300",
    );
    labelled(
        binary().class_numbers([-1, 1]),
        Datatype::Bool,
        "BOOL, in which there is no -1",
    );
    labelled(
        LogisticRegression::multinomial(vec![[1.0, 2.0]; 257], [1.0; 257]),
        Datatype::Uint8,
        "UINT8, in which there is no 256",
    );
    labelled(
        binary(),
        Datatype::Bytes,
        "the labels of the classes are whole numbers",
    );
    labelled(
        binary(),
        Datatype::Fp32,
        "the labels of the classes are whole numbers",
    );
    labelled(
        binary().class_names(["a", "b"]),
        Datatype::Int64,
        "the labels of the classes are names",
    );
}

#[test]
fn inputs_that_do_not_fit() {
    let inputs = |inputs: &[TensorSpec], reason: &str| {
        refused(line().export(inputs, &y(), [("y", Value::Value)]), reason);
    };
    let of = |name: &str, shape: &[i64]| spec(name, Datatype::Fp64, shape);
    inputs(&[], "it has no inputs");
    inputs(
        &x(3),
        "the model has 2 features, which are not those of its inputs: `x` [-1, 3]",
    );
    inputs(&[of("x", &[-1])], "`x` [-1]");
    inputs(
        &[of("x", &[-1, 2]), of("z", &[-1, -1])],
        "`x` [-1, 2], `z` [-1, -1]",
    );
    inputs(
        &[of("x", &[-1, -1]), of("z", &[-1, -1])],
        "the inputs `x` and `z` both leave their size open",
    );
    inputs(
        &[of("x", &[-1, i64::MAX]), of("z", &[-1, i64::MAX])],
        "the model has 2 features",
    );
    for shape in [&[][..], &[2], &[1, 2], &[-1, 0], &[-1, -2], &[-1, 1, 2]] {
        inputs(&[of("x", shape)], "it must be [-1], or [-1, k] with k features");
    }
    inputs(
        &[spec("name", Datatype::Bytes, &[-1, 2])],
        "input `name` is of the type BYTES",
    );
    inputs(
        &[spec("x", Datatype::Bf16, &[-1, 2])],
        "input `x` is of the type BF16",
    );
    inputs(
        &[of("x", &[-1]), of("x", &[-1])],
        "there are two inputs or outputs `x`",
    );
    inputs(
        &[of("x", &[-1]), of("y", &[-1])],
        "there are two inputs or outputs `y`",
    );
    inputs(&[of("", &[-1, 2])], "an input or output has an empty name");
}

#[test]
fn outputs_that_do_not_fit() {
    let two = || LinearRegression::multiple([[1.0, 2.0]; 2], [3.0; 2]);
    let outputs = |outputs: &[TensorSpec], says: &[(&str, Value)], reason: &str| {
        refused(two().export(&x(2), outputs, says.iter().copied()), reason);
    };
    let of = |name: &str, shape: &[i64]| spec(name, Datatype::Fp64, shape);
    outputs(&[], &[], "it has no outputs");
    outputs(
        &y(),
        &[("z", Value::Target(0))],
        r#"the outputs are said to be ["z"], and the model's are ["y"]"#,
    );
    let pair = [of("a", &[-1]), of("b", &[-1])];
    let swapped = [("b", Value::Target(1)), ("a", Value::Target(0))];
    outputs(&pair, &swapped, "the outputs are said to be");
    outputs(&pair, &swapped[..1], "the outputs are said to be");
    outputs(
        &y(),
        &[("y", Value::Value)],
        "the only target, and there are 2: use `Values` or `Target`",
    );
    outputs(
        &y(),
        &[("y", Value::Target(2))],
        "the value of target 2, and there are 2",
    );
    outputs(&y(), &[("y", Value::Values)], "as `Values` it must be [-1, 2]");
    outputs(
        &[of("y", &[-1, 3])],
        &[("y", Value::Values)],
        "as `Values` it must be [-1, 2]",
    );
    outputs(
        &[of("y", &[-1, 1])],
        &[("y", Value::Target(0))],
        "as `Target(0)` it must be [-1]",
    );
    outputs(
        &[spec("y", Datatype::Int64, &[-1])],
        &[("y", Value::Target(0))],
        "it must be FP32 or FP64",
    );
    outputs(
        &[of("y", &[-1]), of("y", &[-1])],
        &[("y", Value::Target(0)), ("y", Value::Target(1))],
        "there are two inputs or outputs `y`",
    );
    let classes = |outputs: &[TensorSpec], says: Class, reason: &str| {
        let name = outputs[0].name.clone();
        refused(binary().export(&x(2), outputs, [(name, says)]), reason);
    };
    classes(
        &y(),
        Class::ProbabilityOf(2),
        "the probability of class 2, and there are 2",
    );
    classes(
        &y(),
        Class::Probabilities,
        "as `Probabilities` it must be [-1, 2]",
    );
    classes(
        &label(Datatype::Uint8),
        Class::Probability,
        "it must be FP32 or FP64",
    );
    classes(
        &[spec("label", Datatype::Uint8, &[-1, 1])],
        Class::Label,
        "as `Label` it must be [-1]",
    );
}
