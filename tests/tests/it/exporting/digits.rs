//! The model of the examples, as it is trained there, says the same of all test images wherever it runs: probabilities to 1e-5, absolute.

use zen_core::prelude::*;
use zen_core::serving::Tensor;
use zen_examples::digits::{DATA, Digits, EPOCHS, LR, Normalized, PIXELS, importer, normalizer, trainer};
use zen_integrations::export::ToOnnx;

use super::onnxruntime::Onnxruntime;
use super::tensors::{tract, values};

#[test]
fn the_digits_of_the_examples() {
    let images = importer(DATA).unwrap();
    let Normalized {
        images: train,
        scaling,
    } = normalizer(&images.train);
    let model = trainer(&train, &scaling, EPOCHS, LR).unwrap();
    let tests = images.test.pixels;
    let file = model.to_onnx().unwrap();
    assert_eq!(file.inputs(), model.inputs());
    assert_eq!(file.outputs(), model.outputs());
    let pixels = tests.concat().into_iter().flat_map(f32::to_le_bytes);
    let shape = vec![tests.len(), PIXELS];
    let datatype = file.inputs()[0].datatype;
    let input = Tensor::new("pixels", datatype, shape, pixels.collect::<Vec<u8>>()).unwrap();
    check(&model, &tests, &tract(&file, vec![input.clone()]));
    if let Some(mut onnxruntime) = Onnxruntime::start() {
        check(&model, &tests, &onnxruntime.run(&file, &[input]));
    }
}

fn check(model: &Digits, images: &[Vec<f32>], found: &[Tensor]) {
    let [digits, probabilities] = found else {
        panic!("two outputs: {found:?}")
    };
    let (digits, probabilities) = (digits.values::<u8>().unwrap(), values(probabilities));
    assert_eq!((digits.len(), probabilities.len()), (images.len(), images.len()));
    let expected = model.predict(images).unwrap();
    for (place, expected) in expected.iter().enumerate() {
        let (digit, probability) = (digits[place], probabilities[place]);
        let difference = f64::from(expected.probability) - probability;
        assert!(difference.abs() <= 1e-5, "{probability} is not {expected:?}");
        let mut all = model.softmax.probabilities(&model.scaling.apply(&images[place]));
        all.sort_unstable_by(f32::total_cmp);
        // Of two that are nearly equal, either may be the likeliest.
        let clear = all[all.len() - 1] - all[all.len() - 2] > 1e-5;
        assert!(!clear || digit == expected.digit, "{digit} is not {expected:?}");
    }
}
