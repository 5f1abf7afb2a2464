//! Labels at the edges: of every type, and where two classes are equally likely.

use zen_core::serving::{Datatype, Tensor};
use zen_integrations::export::{ClassificationOutput, ExportedOnnx, LogisticRegression};

use super::onnxruntime::Onnxruntime;
use super::tensors::{numbers, spec, tract};

/// What both engines say of these rows, which must be the same.
fn run(file: &ExportedOnnx, rows: &[f64], onnxruntime: Option<&mut Onnxruntime>) -> Tensor {
    let features = file.inputs()[0].shape[1] as usize;
    let shape = [rows.len() / features, features];
    let inputs = vec![numbers("x", Datatype::Fp32, &shape, rows)];
    let found = tract(file, inputs.clone());
    if let Some(onnxruntime) = onnxruntime {
        assert_eq!(onnxruntime.run(file, &inputs), found);
    }
    found.into_iter().next().unwrap()
}

/// The likeliest class is the one whose feature is the largest.
fn likeliest() -> LogisticRegression<f32> {
    let weights = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    LogisticRegression::multinomial(weights, [0.0; 3])
}

fn labelled<const FEATURES: usize>(model: LogisticRegression<f32>, datatype: Datatype) -> ExportedOnnx {
    model
        .export(
            &[spec("x", Datatype::Fp32, &[-1, FEATURES as i64])],
            &[spec("label", datatype, &[-1])],
            [("label", ClassificationOutput::Label)],
        )
        .unwrap()
}

const EACH: [f64; 9] = [9.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 9.0];

#[test]
fn labels_are_any_number_of_their_type() {
    let mut onnxruntime = Onnxruntime::start();
    macro_rules! check {
        ($($number:ty => $datatype:ident),* $(,)?) => {$({
            let labels = [<$number>::MIN, 1, <$number>::MAX];
            let file = labelled::<3>(likeliest().class_numbers(labels), Datatype::$datatype);
            let found = run(&file, &EACH, onnxruntime.as_mut());
            assert_eq!(found.values::<$number>().unwrap(), labels);
        })*};
    }
    check!(
        u8 => Uint8, u16 => Uint16, u32 => Uint32, u64 => Uint64,
        i8 => Int8, i16 => Int16, i32 => Int32, i64 => Int64,
    );
}

#[test]
fn labels_are_any_text() {
    let labels = ["", "Žluťoučký kůň\n\"", "0"];
    let file = labelled::<3>(likeliest().class_names(labels), Datatype::Bytes);
    let found = run(&file, &EACH, Onnxruntime::start().as_mut());
    let texts: Vec<_> = found.strings().collect();
    assert_eq!(texts, labels.map(str::as_bytes));
}

#[test]
fn two_classes_may_be_no_and_yes() {
    let file = labelled::<1>(LogisticRegression::binary([1.0_f32], 0.0), Datatype::Bool);
    let found = run(&file, &[-1.0, 1.0], Onnxruntime::start().as_mut());
    assert_eq!(found.values::<bool>().unwrap(), [false, true]);
}

#[test]
fn of_equally_likely_classes_the_first_is_taken() {
    let mut onnxruntime = Onnxruntime::start();
    let two = labelled::<1>(LogisticRegression::binary([1.0_f32], 0.0), Datatype::Uint8);
    let found = run(&two, &[0.0], onnxruntime.as_mut());
    assert_eq!(found.values::<u8>().unwrap(), [0]);
    let three = labelled::<3>(likeliest(), Datatype::Uint8);
    let rows = [7.0, 7.0, 7.0, 0.0, 7.0, 7.0];
    let found = run(&three, &rows, onnxruntime.as_mut());
    assert_eq!(found.values::<u8>().unwrap(), [0, 1]);
}

#[test]
fn there_may_be_many_classes() {
    const CLASSES: usize = 300;
    let mut weights = vec![[0.0; CLASSES]; CLASSES];
    for (class, row) in weights.iter_mut().enumerate() {
        row[class] = 1.0;
    }
    let model = LogisticRegression::<f32>::multinomial(&weights, [0.0; CLASSES]);
    let file = labelled::<CLASSES>(model, Datatype::Uint16);
    let rows: Vec<f64> = weights
        .iter()
        .flatten()
        .map(|weight| f64::from(weight * 9.0))
        .collect();
    let found = run(&file, &rows, Onnxruntime::start().as_mut());
    let expected: Vec<u16> = (0..CLASSES as u16).collect();
    assert_eq!(found.values::<u16>().unwrap(), expected);
}
