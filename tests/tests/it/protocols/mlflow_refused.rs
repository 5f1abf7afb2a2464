//! Payloads for MLflow's scoring that are refused.

use zen_core::serving::TensorSpec;
use zen_integrations::native::{Refusal, mlflow};

use super::mlflow::{lists, objects, values};

fn refused(body: &str, inputs: &[TensorSpec]) -> String {
    match mlflow::read_rows(body.as_bytes(), Some("application/json"), inputs) {
        Err(Refusal::Input(text)) => text,
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn exactly_one_payload_is_needed() {
    for (body, reason) in [
        ("", "the body must be an object"),
        ("[[1,2]]", "the body must be an object"),
        ("[null,null,[[1]],null,null]", "the body must be an object"),
        ("{", "the body is malformed"),
        ("{} {}", "trailing"),
        ("{}", "none of the fields `dataframe_split`"),
        (r#"{"params":{}}"#, "none of the fields"),
        (r#"{"instances":null}"#, "none of the fields"),
        (r#"{"instances":[[1,2]],"inputs":[[1,2]]}"#, "more than one"),
        (
            r#"{"dataframe_split":{"data":[]},"dataframe_records":[]}"#,
            "more than one",
        ),
        (r#"{"instances":[],"instances":[]}"#, "duplicate field"),
        (r#"{"instances":[],"params":[1]}"#, "`params` must be an object"),
        (r#"{"instances":5}"#, "`instances` must be a list"),
        (r#"{"instances":{"x":[1]}}"#, "`instances` must be a list"),
        (
            r#"{"inputs":"x"}"#,
            "`inputs` must be a list of rows, or an object",
        ),
        (r#"{"instances":[NaN]}"#, "malformed"),
    ] {
        let text = refused(body, &lists());
        assert!(text.contains(reason), "{body}: {text}");
    }
    let error = mlflow::read_rows(b"{\"instances\":[\"\xff\"]}", None, &lists()).unwrap_err();
    assert!(
        matches!(&error, Refusal::Input(text) if text.contains("UTF-8")),
        "{error}"
    );
}

#[test]
fn data_frames_must_have_the_models_columns() {
    let split =
        |columns: &str, data: &str| format!(r#"{{"dataframe_split":{{"columns":{columns},"data":{data}}}}}"#);
    for (body, inputs, reason) in [
        (
            split(r#"["a"]"#, "[[1]]"),
            &objects()[..],
            "the column `b` is missing; the model's inputs are `a`, `b`",
        ),
        (
            split(r#"["a","c","b"]"#, "[[1,2,3]]"),
            &objects(),
            "unexpected column `c`",
        ),
        (
            split(r#"["a","b","\u0061"]"#, "[[1,2,3]]"),
            &objects(),
            "the column `a` is there twice",
        ),
        (split("[0,1]", "[[1,2]]"), &objects(), "unexpected column `0`"),
        (
            split(r#"["a","b"]"#, "[[1,2],[3]]"),
            &objects(),
            "row 1 of `dataframe_split` has 1 values",
        ),
        (
            split(r#"["a","b"]"#, "[[1,2,3]]"),
            &objects(),
            "row 0 of `dataframe_split` has 3 values",
        ),
        (
            split(r#"["a","b"]"#, "[[1,2],[3]]"),
            &lists(),
            "row 1 of `dataframe_split` has 1 values",
        ),
        (
            split("null", "[[1,2],[3]]"),
            &lists(),
            "row 1 of `dataframe_split` has 1 values",
        ),
        (split("null", "[[1,2]]"), &objects(), "no `columns`"),
        (
            split("5", "[[1,2]]"),
            &lists(),
            "the `columns` of `dataframe_split` must be a list",
        ),
        (
            split("[1,2]", "5"),
            &lists(),
            "the `data` of `dataframe_split` must be a list",
        ),
        (
            split("[1,2]", r#"[{"a":1}]"#),
            &lists(),
            "row 0 of `dataframe_split` must be a list",
        ),
        (
            split(r#"["a","b"]"#, "[1,2]"),
            &objects(),
            "row 0 of `dataframe_split` must be a list",
        ),
        (split("[1,2]", "[[1,2]]"), &values(), "2 columns"),
        (
            split("[1]", "[[1],[1,2]]"),
            &values(),
            "row 1 of `dataframe_split` has 2 values",
        ),
        (
            r#"{"dataframe_split":[["a"],[[1]]]}"#.into(),
            &values(),
            "`dataframe_split` must be an object",
        ),
        (
            r#"{"dataframe_split":{"columns":["a"]}}"#.into(),
            &values(),
            "missing field `data`",
        ),
    ] {
        let text = refused(&body, inputs);
        assert!(text.contains(reason), "{body}: {text}");
    }
}

#[test]
fn records_must_have_the_models_fields() {
    let records = |records: &str| format!(r#"{{"dataframe_records":{records}}}"#);
    for (body, inputs, reason) in [
        (
            r#"[{"a":1,"b":2},{"a":1}]"#,
            &objects()[..],
            "record 1 of `dataframe_records`: the column `b` is missing",
        ),
        (r#"[{"a":1,"b":2,"c":3}]"#, &objects(), "unexpected column `c`"),
        (
            r#"[{"a":1,"b":2,"\u0062":3}]"#,
            &objects(),
            "the column `b` is there twice",
        ),
        ("[[1,2]]", &objects(), "it must be an object"),
        ("{}", &objects(), "`dataframe_records` must be a list"),
        (
            r#"[{"x":[1,2]}]"#,
            &lists(),
            "send `dataframe_split` or `instances`",
        ),
        (r#"[{"a":1,"b":2}]"#, &values(), "it has 2 fields"),
        ("[{}]", &values(), "it has 0 fields"),
        ("[1]", &values(), "it must be an object"),
    ] {
        let text = refused(&records(body), inputs);
        assert!(text.contains(reason), "{body}: {text}");
    }
}

#[test]
fn columns_must_be_the_models_inputs() {
    for (body, inputs, reason) in [
        (r#"{"a":[1]}"#, &objects()[..], "the column `b` is missing"),
        (
            r#"{"a":[1],"b":[2],"c":[3]}"#,
            &objects(),
            "unexpected column `c`",
        ),
        (
            r#"{"a":[1],"b":[2],"a":[3]}"#,
            &objects(),
            "the column `a` is there twice",
        ),
        (
            r#"{"a":[1],"b":[2,3]}"#,
            &objects(),
            "the column `b` has 2 values",
        ),
        (r#"{"a":1,"b":[2]}"#, &objects(), "the column `a` must be a list"),
        (
            r#"{"y":[1]}"#,
            &values(),
            "unexpected column `y`; the model's inputs are `x`",
        ),
        (r#"{"x":1}"#, &values(), "the column `x` must be a list"),
        (r#"{"x":[1],"y":[1]}"#, &lists(), "unexpected column `y`"),
        ("{}", &lists(), "the column `x` is missing"),
    ] {
        let text = refused(&format!(r#"{{"inputs":{body}}}"#), inputs);
        assert!(text.contains(reason), "{body}: {text}");
    }
}

#[test]
fn only_json_and_csv_are_read() {
    let body = br#"{"instances":[[1,2]]}"#;
    let good = [
        None,
        Some(""),
        Some("application/json"),
        Some("Application/JSON"),
        Some("application/json;"),
        Some("application/json ; Charset=\"UTF-8\""),
        Some("application/json;charset=utf8"),
    ];
    for kind in good {
        assert_eq!(
            mlflow::read_rows(body, kind, &lists()).unwrap(),
            b"[[1,2]]",
            "{kind:?}"
        );
    }
    for kind in [
        "application/vnd.apache.parquet",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json; format=pandas-split",
        "application/json; charset=latin-1",
        "application/json; charset",
        "text/csv; header=present",
        "application/jsonx",
    ] {
        match mlflow::read_rows(body, Some(kind), &lists()) {
            Err(Refusal::MediaType(text)) => {
                assert!(text.contains("send application/json or text/csv"), "{text}")
            }
            other => panic!("{kind}: {other:?}"),
        }
    }
}

#[test]
fn deep_nesting_needs_no_deep_stack() {
    let deep = 1_000_000;
    let nested = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    for field in ["dataframe_split", "dataframe_records"] {
        refused(&format!(r#"{{"{field}":{nested}}}"#), &objects());
    }
    refused(&format!(r#"{{"params":{nested},"instances":[]}}"#), &objects());
    refused(
        &format!(r#"{{"dataframe_split":{{"columns":{nested},"data":[[1]]}}}}"#),
        &objects(),
    );
    refused(&format!(r#"{{"inputs":{{"a":{nested},"b":5}}}}"#), &objects());
    refused(&"{\"inputs\":".repeat(deep), &objects());
    let passed = mlflow::read_rows(
        format!(r#"{{"instances":{nested}}}"#).as_bytes(),
        None,
        &objects(),
    )
    .unwrap();
    assert!(
        serde_json::from_slice::<Vec<Vec<f64>>>(&passed).is_err(),
        "the model refuses it"
    );
}
