//! CSV for MLflow's scoring.

use zen_core::serving::{Datatype, TensorSpec};
use zen_integrations::native::{Refusal, mlflow};

use super::mlflow::{lists, objects, values};
use super::spec;

fn csv(body: &str, inputs: &[TensorSpec]) -> Result<String, Refusal> {
    let rows = mlflow::read_rows(body.as_bytes(), Some("text/csv"), inputs)?;
    Ok(String::from_utf8(rows).unwrap())
}

#[test]
fn lines_become_rows() {
    assert_eq!(
        csv("a,b\n1.0,2\n3,4.50\n", &lists()).unwrap(),
        "[[1.0,2],[3,4.50]]"
    );
    assert_eq!(
        csv("b,a\r\n1,2\r\n\r\n3,4", &objects()).unwrap(),
        r#"[{"a":2,"b":1},{"a":4,"b":3}]"#
    );
    assert_eq!(csv("any\n1\n2", &values()).unwrap(), "[1,2]");
    assert_eq!(csv("a,b\n", &objects()).unwrap(), "[]");
    assert_eq!(
        csv("\u{feff}a,b\n1,2", &objects()).unwrap(),
        r#"[{"a":1,"b":2}]"#,
        "a byte order mark"
    );
}

#[test]
fn quotes_are_those_of_rfc_4180() {
    let texts = [
        spec("a,1", Datatype::Bytes, &[-1]),
        spec("b", Datatype::Bytes, &[-1]),
    ];
    let body = "\"a,1\",b\n\"x\"\"y\",\"1\n2\"\n , é\n,\n";
    assert_eq!(
        csv(body, &texts).unwrap(),
        r#"[{"a,1":"x\"y","b":"1\n2"},{"a,1":" ","b":" é"},{"a,1":"","b":""}]"#
    );
}

#[test]
fn cells_are_written_as_their_type() {
    let of = |datatype| [spec("x", datatype, &[-1])];
    let body = "x\n1\n 1.50 \n+2\n.5\n3.\n007\n-1e3\n.5e300\n";
    assert_eq!(
        csv(body, &of(Datatype::Fp64)).unwrap(),
        "[1,1.50,2e0,5e-1,3e0,7e0,-1e3,5e299]"
    );
    assert_eq!(csv("x\n0.1\n+.1\n", &of(Datatype::Fp32)).unwrap(), "[0.1,1e-1]");
    assert_eq!(csv("x\n1\n+2\n-03\n", &of(Datatype::Int32)).unwrap(), "[1,2,-3]");
    assert_eq!(
        csv("x\ntrue\nFalse\n TRUE\n", &of(Datatype::Bool)).unwrap(),
        "[true,false,true]"
    );
    for (datatype, cell) in [
        (Datatype::Fp64, "NaN"),
        (Datatype::Fp64, "inf"),
        (Datatype::Fp64, "abc"),
        (Datatype::Fp64, "+1e999"),
        (Datatype::Fp64, "\" \""),
        (Datatype::Fp64, "1 2"),
        (Datatype::Fp64, "[1]"),
        (Datatype::Fp64, "\"1,2\""),
        (Datatype::Fp32, "0x10"),
        (Datatype::Int32, "+1.0"),
        (Datatype::Int32, "true"),
        (Datatype::Bool, "1"),
        (Datatype::Bool, "\"\""),
    ] {
        match csv(&format!("x\n{cell}\n"), &of(datatype)) {
            Err(Refusal::Input(text)) => {
                assert!(
                    text.starts_with("line 2 of the CSV: ") && text.contains("which is no"),
                    "{text}"
                );
            }
            other => panic!("{datatype} {cell}: {other:?}"),
        }
    }
}

#[test]
fn csv_that_does_not_fit_is_refused() {
    let matrix = [spec("x", Datatype::Fp64, &[-1, 2, 2])];
    let vectors = [
        spec("a", Datatype::Fp64, &[-1, 2]),
        spec("b", Datatype::Fp64, &[-1]),
    ];
    for (body, inputs, reason) in [
        ("", &objects()[..], "the CSV is empty"),
        ("\n\n", &lists(), "the CSV is empty"),
        (
            "a\n1\n",
            &objects(),
            "the column `b` is missing; the model's inputs are `a`, `b`",
        ),
        ("a,b,c\n1,2,3\n", &objects(), "unexpected column `c`"),
        ("a,b,a\n1,2,3\n", &objects(), "the column `a` is there twice"),
        ("a,b\n1,2,3\n", &lists(), "malformed"),
        ("a,b\n1,2\n3\n", &objects(), "malformed"),
        ("a,b\n1,2\n", &values(), "2 columns"),
        ("a,b\n1,2\n", &matrix, "send JSON"),
        ("a,b\n1,2\n", &vectors, "input `a` is not a single value"),
        (
            "a,b\n1,2\n3,x\n",
            &objects(),
            "line 3 of the CSV: `b` is `x`, which is no FP64",
        ),
        ("a,b\n1,2\n3,x\n", &lists(), "line 3 of the CSV: value 1 is `x`"),
    ] {
        match csv(body, inputs) {
            Err(Refusal::Input(text)) => assert!(text.contains(reason), "{body}: {text}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    let error = mlflow::read_rows(b"a,b\n1,\xff\n", Some("text/csv"), &objects()).unwrap_err();
    assert!(
        matches!(&error, Refusal::Input(text) if text.contains("UTF-8")),
        "{error}"
    );
}
