//! MLflow's JSON payloads, and its answers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zen_core::prelude::*;
use zen_core::serving::{Datatype, ServedModel, Tensor, TensorSpec, Typed};
use zen_integrations::native::{Refusal, mlflow};

use super::spec;

/// Rows as text.
pub(super) fn rows(body: &str, inputs: &[TensorSpec]) -> String {
    let rows =
        mlflow::read_rows(body.as_bytes(), None, inputs).unwrap_or_else(|error| panic!("{body}: {error}"));
    String::from_utf8(rows).unwrap()
}

/// The inputs of a model of single values, of lists, and of objects.
pub(super) fn values() -> [TensorSpec; 1] {
    [spec("x", Datatype::Fp64, &[-1])]
}

pub(super) fn lists() -> [TensorSpec; 1] {
    [spec("x", Datatype::Fp64, &[-1, 2])]
}

pub(super) fn objects() -> [TensorSpec; 2] {
    [spec("a", Datatype::Fp64, &[-1]), spec("b", Datatype::Fp64, &[-1])]
}

#[test]
fn a_split_data_frame_becomes_rows() {
    let body = r#"{"dataframe_split":{"columns":["a","b"],"index":[0,1],"data":[[1.0,2.0],[3.0,4.0]]},"params":{"k":10.0}}"#;
    assert_eq!(rows(body, &lists()), "[[1.0,2.0],[3.0,4.0]]");
    assert_eq!(rows(body, &objects()), r#"[{"a":1.0,"b":2.0},{"a":3.0,"b":4.0}]"#);
    let one = r#"{"dataframe_split":{"columns":["any"],"data":[[1.0],[3.0]]}}"#;
    assert_eq!(rows(one, &values()), "[1.0,3.0]");
    let turned = r#"{"dataframe_split":{"data":[[{"k":[1,"]"]}, "x"]],"columns":["b","a"]}}"#;
    assert_eq!(rows(turned, &objects()), r#"[{"a":"x","b":{"k":[1,"]"]}}]"#);
    let numbered = r#"{"dataframe_split":{"columns":[0,1],"data":[[1,2]]}}"#;
    assert_eq!(rows(numbered, &lists()), "[[1,2]]");
    let unnamed = r#"{"dataframe_split":{"data":[[1,2],[3,4]]}}"#;
    assert_eq!(rows(unnamed, &lists()), "[[1,2],[3,4]]");
}

#[test]
fn records_become_rows() {
    let body = r#"{"dataframe_records":[{"a":1.0,"b":2.0},{"b":4,"a":3}]}"#;
    assert_eq!(rows(body, &objects()), r#"[{"a":1.0,"b":2.0},{"b":4,"a":3}]"#);
    let one = r#"{"dataframe_records":[{"any":1.0},{"other":2}]}"#;
    assert_eq!(rows(one, &values()), "[1.0,2]");
}

#[test]
fn instances_stay_as_they_are() {
    for (text, inputs) in [
        ("[1, 2.50]", &values()[..]),
        ("[[1.0], [2.0]]", &values()),
        ("[[1,2],[3,4]]", &lists()),
        (r#"[{"a":1,"b":2}]"#, &objects()),
        (r#"[{"b":1}, [2, 3]]"#, &objects()),
        ("[]", &objects()),
    ] {
        assert_eq!(rows(&format!(r#"{{"instances":{text}}}"#), inputs), text);
        assert_eq!(
            rows(
                &format!(r#"{{"instances": {text} ,"inputs":null,"other":1}}"#),
                inputs
            ),
            text
        );
        assert_eq!(rows(&format!(r#"{{"inputs":{text}}}"#), inputs), text);
    }
}

#[test]
fn columns_become_rows() {
    let body = r#"{"inputs":{"b":[2.0,4.0],"a":[1.0,[3]]}}"#;
    assert_eq!(rows(body, &objects()), r#"[{"a":1.0,"b":2.0},{"a":[3],"b":4.0}]"#);
    assert_eq!(rows(r#"{"inputs":{"x":[1,2]}}"#, &values()), "[1,2]");
    assert_eq!(
        rows(r#"{"inputs":{"x":[[1,2],[3,4]]}}"#, &lists()),
        "[[1,2],[3,4]]"
    );
}

#[test]
fn no_rows_are_good() {
    for body in [
        r#"{"dataframe_split":{"columns":["a","b"],"data":[]}}"#,
        r#"{"dataframe_records":[]}"#,
        r#"{"inputs":{"a":[],"b":[]}}"#,
    ] {
        assert_eq!(rows(body, &objects()), "[]");
    }
    assert_eq!(
        rows(r#"{"dataframe_split":{"columns":["x"],"data":[]}}"#, &values()),
        "[]"
    );
    assert_eq!(rows(r#"{"dataframe_records":[]}"#, &values()), "[]");
}

#[test]
fn numbers_and_names_pass_digit_by_digit() {
    let digits = "0.1000000000000000055511151231257827021181583404541015625";
    let inputs = [
        spec("a\"\n", Datatype::Fp64, &[-1]),
        spec("b", Datatype::Fp64, &[-1]),
    ];
    let body = format!(
        r#"{{"dataframe_split":{{"columns":["b","a\"\n"],"data":[[18446744073709551616,{digits}]]}}}}"#
    );
    assert_eq!(
        rows(&body, &inputs),
        format!(r#"[{{"a\"\n":{digits},"b":18446744073709551616}}]"#)
    );
    let body = format!(r#"{{"inputs":{{"b":[1E5],"\u0061\"\n":[{digits}]}}}}"#);
    assert_eq!(rows(&body, &inputs), format!(r#"[{{"a\"\n":{digits},"b":1E5}}]"#));
}

#[derive(Debug, Serialize, Deserialize, Row)]
struct Pair {
    a: f64,
    b: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Anything;

#[predictor]
impl Predictor for Anything {
    type Input = Pair;
    type Output = Pair;

    fn predict(&self, batch: &[Pair]) -> Result<Vec<Pair>> {
        Ok(batch
            .iter()
            .map(|pair| Pair {
                a: pair.a * 2.0,
                b: pair.b.clone(),
            })
            .collect())
    }
}

#[test]
fn a_model_reads_the_rows_of_every_payload() {
    let model = Typed::new(Arc::new(Anything));
    let inputs = model.inputs();
    let csv = "b,a\n\"y, z\",+1.5\n";
    let json = [
        r#"{"dataframe_split":{"columns":["b","a"],"data":[["y, z",1.5]]}}"#,
        r#"{"dataframe_records":[{"b":"y, z","a":1.5}]}"#,
        r#"{"instances":[{"b":"y, z","a":1.5}]}"#,
        r#"{"inputs":[{"b":"y, z","a":1.5}]}"#,
        r#"{"inputs":{"b":["y, z"],"a":[1.5]}}"#,
    ];
    let bodies = json.map(|body| (body, "application/json; charset=utf-8"));
    for (body, kind) in bodies.into_iter().chain([(csv, "text/csv")]) {
        let rows = mlflow::read_rows(body.as_bytes(), Some(kind), &inputs).unwrap();
        let batch = model.read_json(&rows).unwrap();
        let predictions = model.predict(vec![batch]).remove(0).unwrap();
        let answer = mlflow::write_predictions(&model.write_json(&predictions).unwrap());
        assert_eq!(
            String::from_utf8(answer).unwrap(),
            r#"{"predictions": [{"a":3.0,"b":"y, z"}]}"#
        );
    }
    let tensors = vec![
        Tensor::of_bytes("b", vec![1], ["y"]).unwrap(),
        Tensor::new("a", Datatype::Fp64, vec![1], 1f64.to_le_bytes().to_vec()).unwrap(),
    ];
    assert_eq!(model.read_tensors(tensors).unwrap().rows(), 1);
}

#[test]
fn refusals_have_mlflows_codes() {
    for (refusal, code) in [
        (Refusal::Input("a \"b\"".into()), "INVALID_PARAMETER_VALUE"),
        (Refusal::Unauthorized, "UNAUTHENTICATED"),
        (Refusal::NotFound("a".into()), "NOT_FOUND"),
        (Refusal::MediaType("a".into()), "BAD_REQUEST"),
        (Refusal::TooLarge(5), "RESOURCE_EXHAUSTED"),
        (Refusal::Busy(5), "RESOURCE_EXHAUSTED"),
        (Refusal::Crowded(5), "RESOURCE_EXHAUSTED"),
        (Refusal::Model("a".into()), "INTERNAL_ERROR"),
        (Refusal::NotReady("a".into()), "TEMPORARILY_UNAVAILABLE"),
        (
            Refusal::Timeout(std::time::Duration::from_secs(1)),
            "DEADLINE_EXCEEDED",
        ),
    ] {
        let body: serde_json::Value = serde_json::from_slice(&mlflow::error_body(&refusal)).unwrap();
        assert_eq!(
            body,
            serde_json::json!({"error_code": code, "message": refusal.to_string()})
        );
    }
}
