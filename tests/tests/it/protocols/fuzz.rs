//! Thousands of malformed bodies: each is answered or refused as the client's fault, and nothing panics.

use proptest::prelude::*;
use serde::de::IgnoredAny;
use zen_core::serving::{Datatype, TensorSpec};
use zen_integrations::native::{Refusal, mlflow, v2};

use super::mutate::{bodies, json_end};
use super::spec;

const CASES: u32 = 10_000;

const V2: [&[u8]; 6] = [
    br#"{"id":"42","parameters":{"a":1},"inputs":[{"name":"x","shape":[2,2],"datatype":"FP64","data":[[5.1,3.5],[1e3,-2]]}],"outputs":[{"name":"y"}]}"#,
    br#"{"inputs":[{"data":["a","\u00e9\n"],"name":"x","shape":[2],"datatype":"BYTES"},{"name":"y","shape":[1,3],"datatype":"INT8","data":[1,-2,3]}]}"#,
    br#"{"inputs":[{"name":"x","shape":[2,1],"datatype":"BOOL","data":[[true],[false]]},{"name":"u","shape":[1],"datatype":"UINT64","data":[18446744073709551615]}],"parameters":{"binary_data_output":true}}"#,
    b"{\"inputs\":[{\"name\":\"predict\",\"shape\":[1,4],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":16}}]}33\xa3@\x00\x00`@33\xb3?\xcd\xccL>",
    b"{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":9}}]}\x01\x00\x00\x00a\x00\x00\x00\x00",
    br#"{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[2,1],"data":[10.0,26.0]}]}"#,
];

const MLFLOW: [&[u8]; 7] = [
    br#"{"dataframe_split":{"columns":["a","b"],"index":[0,1],"data":[[1.0,2.0],[3.0,4.0]]},"params":{"k":10.0}}"#,
    br#"{"dataframe_records":[{"a":1.0,"b":2.0},{"b":"x","a":null}]}"#,
    br#"{"instances":[{"a":1.0,"b":2.0},[1,2],3]}"#,
    br#"{"inputs":{"a":[1.0],"b":[2.0]}}"#,
    br#"{"inputs":{"x":[[1,2],[3,4]]}}"#,
    b"a,b\n1.0,2\n\"3\",4\n",
    b"x\n1\n+2\n",
];

/// The header: right, missing, wrong, or no number.
fn json_length(body: &[u8], choice: u8, other: usize) -> Option<String> {
    match choice % 8 {
        0..3 => None,
        3..6 => Some(json_end(body).to_string()),
        6 => Some((other % (body.len() + 10)).to_string()),
        _ => Some(format!("{other}x")),
    }
}

fn models() -> [Vec<TensorSpec>; 4] {
    [
        vec![spec("x", Datatype::Fp64, &[-1])],
        vec![spec("x", Datatype::Fp64, &[-1, 2])],
        vec![
            spec("a", Datatype::Fp64, &[-1]),
            spec("b", Datatype::Bytes, &[-1]),
        ],
        Vec::new(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn inference_requests(body in bodies(&V2), choice in any::<u8>(), other in any::<usize>()) {
        let header = json_length(&body, choice, other);
        let size = body.len();
        let json = header.as_deref().map_or(Some(&body[..]), |length| body.get(..length.parse().unwrap_or(usize::MAX)));
        let well_formed = json.is_some_and(|json| serde_json::from_slice::<IgnoredAny>(json).is_ok());
        let body = body.into();
        match v2::parse_infer(&body, header.as_deref()) {
            Ok(request) => {
                prop_assert!(well_formed);
                let held: usize = request.inputs.iter().map(|tensor| tensor.data().len()).sum();
                prop_assert!(held <= 8 * size, "{held} bytes of a body of {size}");
                let inputs = request.inputs.clone();
                match v2::write_infer(&request, "m", "1", inputs) {
                    Ok(answer) => {
                        let header = answer.json_length.map(|length| length.to_string());
                        prop_assert!(v2::parse_answer(&answer.body, header.as_deref()).is_ok());
                    }
                    Err(Refusal::Input(_) | Refusal::Model(_)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            Err(Refusal::Input(text)) => prop_assert!(text.chars().count() < 1100),
            Err(other) => panic!("{other:?}"),
        }
        // The same bytes as an answer.
        if let Err(text) = v2::parse_answer(&body, header.as_deref()) {
            prop_assert!(text.chars().count() < 1100);
        }
    }

    #[test]
    fn scoring_requests(body in bodies(&MLFLOW), model in 0usize..4, kind in 0usize..3) {
        let kind = [None, Some("application/json"), Some("text/csv")][kind];
        match mlflow::read_rows(&body, kind, &models()[model]) {
            Ok(rows) => {
                prop_assert!(rows.starts_with(b"[") && serde_json::from_slice::<IgnoredAny>(&rows).is_ok());
                prop_assert!(rows.len() <= 20 * (body.len() + 1), "{} bytes of a body of {}", rows.len(), body.len());
                let well_formed = serde_json::from_slice::<IgnoredAny>(&body).is_ok();
                prop_assert!(well_formed || kind == Some("text/csv"));
            }
            Err(Refusal::Input(text)) => prop_assert!(text.chars().count() < 1100),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn content_types(kind in "(application/json|text/csv|[ -~]{0,12})(;[ -~]{0,12}){0,2}") {
        match mlflow::read_rows(b"{\"instances\":[]}", Some(&kind), &models()[1]) {
            Ok(_) | Err(Refusal::MediaType(_) | Refusal::Input(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}
