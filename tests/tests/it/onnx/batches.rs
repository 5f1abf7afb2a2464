//! Several requests in one go.

use zen_core::serving::{Batch, PredictError, ServedModel, Tensor};
use zen_integrations::native::onnx::OnnxServed;

use super::{assert_close, case, floats, integers, predict_tensors, served};

fn predict_all(model: &OnnxServed, requests: Vec<Vec<Tensor>>) -> Vec<Result<Vec<Tensor>, PredictError>> {
    let batches: Vec<Batch> = requests
        .into_iter()
        .map(|tensors| model.read_tensors(tensors).unwrap())
        .collect();
    let results = model.predict(batches).into_iter();
    results.map(|result| model.write_tensors(&result?)).collect()
}

/// The same as when each is predicted alone.
fn check(name: &str, requests: Vec<Vec<Tensor>>) {
    let model = served(name);
    let together = predict_all(&model, requests.clone());
    assert_eq!(together.len(), requests.len());
    for (result, request) in together.into_iter().zip(requests) {
        assert_close(&result.unwrap(), &predict_tensors(&model, request).unwrap());
    }
}

#[test]
fn rows_come_back_to_whom_they_belong() {
    let rows = case("tree").inputs[0].values::<f32>().unwrap();
    let request = |from: usize, to: usize| vec![floats("X", &[to - from, 4], &rows[4 * from..4 * to])];
    // A text output and a number output; one request is empty.
    check(
        "tree",
        vec![request(0, 1), request(1, 1), request(1, 4), request(4, 5)],
    );
    check(
        "two_inputs",
        vec![
            vec![
                floats("price", &[1, 2], &[1.0, 2.0]),
                integers("count", &[1, 1], &[3]),
            ],
            vec![
                integers("count", &[2, 1], &[5, 0]),
                floats("price", &[2, 2], &[1.0, 2.0, 3.0, 4.0]),
            ],
        ],
    );
    check("types", vec![case("types").inputs, case("types").inputs]);
}

#[test]
fn requests_share_a_run() {
    let row = |value: f32| vec![floats("x", &[1, 2], &[value, value])];
    let results = predict_all(&served("centred"), vec![row(1.0), row(3.0)]);
    let found: Vec<_> = results
        .into_iter()
        .map(|result| result.unwrap()[0].values::<f32>().unwrap())
        .collect();
    assert_eq!(found, [[-1.0, -1.0], [1.0, 1.0]]);
}

#[test]
fn rows_of_different_lengths_are_kept_apart() {
    check(
        "lengths",
        vec![
            vec![floats("x", &[1, 3], &[1.0, 2.0, 3.0])],
            vec![floats("x", &[2, 1], &[4.0, 5.0])],
            vec![floats("x", &[2, 3], &[1.0; 6])],
            vec![floats("x", &[1, 1], &[6.0])],
        ],
    );
}

#[test]
fn models_without_an_open_batch_run_once_for_each() {
    check(
        "fixed",
        vec![
            vec![floats("x", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])],
            vec![floats("x", &[2, 3], &[6.0, 5.0, 4.0, 3.0, 2.0, 1.0])],
        ],
    );
    // A mean over the batch would be another one with the rows of others in it.
    let results = predict_all(
        &served("mean"),
        vec![
            vec![floats("x", &[1, 2], &[1.0, 2.0])],
            vec![floats("x", &[2, 2], &[3.0, 4.0, 5.0, 6.0])],
        ],
    );
    let means: Vec<_> = results
        .into_iter()
        .map(|result| result.unwrap()[0].values::<f32>().unwrap())
        .collect();
    assert_eq!(means, [[1.0, 2.0], [4.0, 5.0]]);
    let points = || floats("points", &[1, 2], &[1.0, 1.0]);
    check(
        "distances",
        vec![
            vec![floats("x", &[2, 2], &[1.0, 2.0, 3.0, 4.0]), points()],
            vec![floats("x", &[1, 2], &[5.0, 6.0]), points()],
        ],
    );
}

#[test]
fn a_request_that_fails_fails_alone() {
    let model = served("lookup");
    let index = |values: &[i64]| vec![integers("index", &[values.len()], values)];
    let results = predict_all(&model, vec![index(&[1]), index(&[0, 7]), index(&[2])]);
    assert_eq!(
        results[0].as_ref().unwrap()[0].values::<f32>().unwrap(),
        [3.0, 4.0]
    );
    assert!(
        matches!(&results[1], Err(PredictError::Model(_))),
        "{:?}",
        results[1]
    );
    assert_eq!(
        results[2].as_ref().unwrap()[0].values::<f32>().unwrap(),
        [5.0, 6.0]
    );
    // The model works as before.
    assert!(predict_tensors(&model, index(&[0])).is_ok());
}

#[test]
fn a_batch_of_another_model_is_an_error() {
    let model = served("linear");
    let results = model.predict(vec![Batch::new(1, 7)]);
    assert!(matches!(results[0], Err(PredictError::Model(_))));
    assert!(model.write_json(&Batch::new(1, 7)).is_err());
    assert!(model.write_tensors(&Batch::new(1, 7)).is_err());
}

#[test]
fn threads_share_a_model() {
    let model = served("forest");
    let expected = case("forest");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let outputs = predict_tensors(&model, expected.inputs.clone()).unwrap();
                    assert_close(&outputs, &expected.outputs);
                }
            });
        }
    });
}
