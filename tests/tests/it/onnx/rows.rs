//! Rows as JSON, and tensors that don't fit.

use serde_json::{Value, json};
use zen_core::serving::{Datatype, PredictError, ServedModel, Tensor};

use super::{case, floats, input_error, integers, predict, predict_tensors, served};

fn json_of(name: &str, rows: &Value) -> Result<Value, PredictError> {
    let model = served(name);
    let predictions = predict(&model, model.read_json(rows.to_string().as_bytes())?)?;
    Ok(serde_json::from_slice(&model.write_json(&predictions)?).unwrap())
}

fn close(found: &Value, expected: f64) -> bool {
    (found.as_f64().unwrap() - expected).abs() < 1e-5
}

#[test]
fn one_output_is_an_array_of_its_rows() {
    let answer = json_of("linear", &json!([[5.1, 3.5, 1.4, 0.2], [5, 2, 3.5, 1]])).unwrap();
    let rows = answer.as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(close(&rows[0][0], 2.1) && close(&rows[1][0], 7.875), "{answer}");
    assert_eq!(
        json_of("lengths", &json!([[1, 2, 3], [4, 5, 6]])).unwrap(),
        json!([6.0, 15.0])
    );
    let image = json!([[[[0, 1, 4], [9, 16, 25], [36, 49, 64]]]]);
    assert_eq!(
        json_of("image", &image).unwrap(),
        json!([[[[16.0, 24.0], [40.0, 48.0]]]])
    );
}

#[test]
fn several_outputs_are_objects() {
    let answer = json_of("tree", &json!([[5.1, 3.5, 1.4, 0.2]])).unwrap();
    assert_eq!(
        answer,
        json!([{ "label": "setosa", "probabilities": [1.0, 0.0, 0.0] }])
    );
}

#[test]
fn several_inputs_are_objects_and_a_single_element_needs_no_brackets() {
    let rows = json!([{ "price": [1.5, 2.0], "count": 2 }, { "count": [4], "price": [0.25, 8] }]);
    let expected = json!([
        { "total": [3.0, 4.0], "large": [true, true] },
        { "total": [1.0, 32.0], "large": [false, true] },
    ]);
    assert_eq!(json_of("two_inputs", &rows).unwrap(), expected);
}

#[test]
fn every_type_comes_back_as_it_went() {
    let model = served("types");
    let predictions = predict(&model, model.read_tensors(case("types").inputs).unwrap()).unwrap();
    let answer: Value = serde_json::from_slice(&model.write_json(&predictions).unwrap()).unwrap();
    assert_eq!(answer[1]["same_uint64"], json!(u64::MAX));
    assert_eq!(answer[0]["same_int64"], json!(i64::MIN));
    assert_eq!(answer[1]["same_float16"], json!(-65504.0));
    assert_eq!(answer[1]["same_text"], json!("grüße"));
    // What was written, read again under the inputs' names.
    let rows = answer.as_array().unwrap().iter().map(|row| {
        let fields = row.as_object().unwrap().iter();
        let fields = fields.map(|(name, value)| (name.trim_start_matches("same_").to_owned(), value.clone()));
        Value::Object(fields.collect())
    });
    let rows = Value::Array(rows.collect());
    assert_eq!(json_of("types", &rows).unwrap(), answer);
}

#[test]
fn what_is_not_finite_becomes_null() {
    let model = served("lengths");
    let batch = model
        .read_tensors(vec![floats("x", &[2, 1], &[f32::NAN, f32::INFINITY])])
        .unwrap();
    let predictions = predict(&model, batch).unwrap();
    assert_eq!(model.write_json(&predictions).unwrap(), b"[null,null]");
}

#[test]
fn rows_of_another_form_are_refused() {
    let refused = |name: &str, rows: Value| input_error(json_of(name, &rows));
    for (name, rows, reason) in [
        ("linear", json!({}), "an array of rows"),
        (
            "linear",
            json!([[1, 2, 3]]),
            "an array has 3 elements where it must have 4",
        ),
        ("linear", json!([[1, 2, 3, "4"]]), "input `X`: text is no FP32"),
        ("linear", json!([[1, 2, 3, null]]), "input `X`: null is no FP32"),
        ("linear", json!([[1, 2, 3, true]]), "input `X`: true is no FP32"),
        ("linear", json!([[1, 2, 3, 1e300]]), "is no FP32"),
        (
            "linear",
            json!([[1, 2, 3, [4]]]),
            "input `X`: an array is no FP32",
        ),
        (
            "linear",
            json!([1, 2, 3, 4]),
            "input `X`: expected an array, not 1",
        ),
        (
            "linear",
            json!([{ "X": [1, 2, 3, 4] }]),
            "an array of them for input `X`",
        ),
        (
            "lengths",
            json!([[1, 2], [3]]),
            "an array has 1 elements where it must have 2",
        ),
        ("lengths", json!([[], []]), "and so no elements"),
        ("lookup", json!([1.0]), "input `index`: 1 is no INT64"),
        ("lookup", json!([[1]]), "input `index`: an array is no INT64"),
        ("lookup", json!([1e19]), "is no INT64"),
        (
            "two_inputs",
            json!([[1]]),
            "an object with the inputs `price`, `count`",
        ),
        (
            "two_inputs",
            json!([{ "price": [1, 2] }]),
            "input `count` is missing in row 0",
        ),
        (
            "two_inputs",
            json!([{ "price": [1, 2], "count": 1, "x": 1 }]),
            "unexpected input `x` in row 0",
        ),
        (
            "fixed",
            json!([[1, 2, 3]]),
            "has the shape [1, 3]; the model expects [2, 3]",
        ),
        (
            "fixed",
            json!([]),
            "has the shape [0, 3]; the model expects [2, 3]",
        ),
    ] {
        let found = refused(name, rows.clone());
        assert!(found.contains(reason), "{rows}: {found}");
    }
    let model = served("linear");
    for text in ["", "[", "[[1,2,3,4]] x", "[[1,2,3,4],]", "[[NaN,2,3,4]]"] {
        input_error(model.read_json(text.as_bytes()));
    }
    input_error(model.read_json("[".repeat(100_000).as_bytes()));
    let twice = br#"[{"price":[1,2],"price":[1,2],"count":1}]"#;
    let found = input_error(served("two_inputs").read_json(twice));
    assert!(found.contains("input `price` is given twice in row 0"), "{found}");
}

#[test]
fn no_rows_are_no_predictions() {
    assert_eq!(json_of("tree", &json!([])).unwrap(), json!([]));
    let outputs = predict_tensors(&served("tree"), vec![floats("X", &[0, 4], &[])]).unwrap();
    assert_eq!(outputs[0].shape(), [0]);
    assert_eq!(outputs[1].shape(), [0, 3]);
}

#[test]
fn tensors_that_do_not_fit_are_refused() {
    let refused = |name: &str, tensors: Vec<Tensor>| input_error(served(name).read_tensors(tensors));
    let row = [1.0; 4];
    for (name, tensors, reason) in [
        (
            "linear",
            vec![floats("Y", &[1, 4], &row)],
            "unexpected input `Y`; the model's inputs are `X`",
        ),
        ("linear", vec![], "input `X` is missing"),
        (
            "linear",
            vec![integers("X", &[1, 4], &[1; 4])],
            "tensor `X` is INT64; the model expects FP32",
        ),
        (
            "linear",
            vec![floats("X", &[2, 2], &row)],
            "has the shape [2, 2]; the model expects [-1, 4]",
        ),
        ("linear", vec![floats("X", &[4], &row)], "has the shape [4]"),
        (
            "linear",
            vec![floats("X", &[1, 4], &row), floats("X", &[1, 4], &row)],
            "given twice",
        ),
        (
            "two_inputs",
            vec![floats("price", &[2, 2], &row), integers("count", &[1, 1], &[1])],
            "tensor `count` has 1 rows, and those before it have 2",
        ),
        (
            "lengths",
            vec![floats("x", &[1 << 40, 0], &[])],
            "and so no elements",
        ),
        (
            "fixed",
            vec![floats("x", &[1, 3], &row[..3])],
            "the model expects [2, 3]",
        ),
    ] {
        let found = refused(name, tensors);
        assert!(found.contains(reason), "{found}");
    }
    let mut inputs = case("types").inputs;
    let last = inputs.len() - 1;
    inputs[last] = Tensor::of_bytes("text", vec![2], [b"\xff", b"a"]).unwrap();
    assert!(refused("types", inputs).contains("not UTF-8"));
    assert_eq!(case("types").inputs[last].datatype(), Datatype::Bytes);
}

#[test]
fn outputs_that_are_no_rows_can_only_be_tensors() {
    let error = json_of("mean", &json!([[1, 2], [3, 4], [5, 6]])).unwrap_err();
    assert!(
        matches!(&error, PredictError::Model(reason) if reason.contains("ask for tensors")),
        "{error}"
    );
}
