//! Requests whose tensors are JSON.

use zen_core::serving::Datatype;

use super::{infer, input, one, refused};

#[test]
fn every_type_that_json_holds_is_read() {
    assert_eq!(
        input(&one("BOOL", "[2]", "[true,false]"))
            .values::<bool>()
            .unwrap(),
        [true, false]
    );
    assert_eq!(
        input(&one("UINT8", "[2]", "[0,255]")).values::<u8>().unwrap(),
        [0, 255]
    );
    assert_eq!(
        input(&one("UINT16", "[1]", "[65535]")).values::<u16>().unwrap(),
        [u16::MAX]
    );
    assert_eq!(
        input(&one("UINT32", "[1]", "[4294967295]"))
            .values::<u32>()
            .unwrap(),
        [u32::MAX]
    );
    assert_eq!(
        input(&one("UINT64", "[1]", "[18446744073709551615]"))
            .values::<u64>()
            .unwrap(),
        [u64::MAX]
    );
    assert_eq!(
        input(&one("INT8", "[3]", "[-128,127,-0]"))
            .values::<i8>()
            .unwrap(),
        [i8::MIN, i8::MAX, 0]
    );
    assert_eq!(
        input(&one("INT16", "[1]", "[-32768]")).values::<i16>().unwrap(),
        [i16::MIN]
    );
    assert_eq!(
        input(&one("INT32", "[1]", "[-2147483648]"))
            .values::<i32>()
            .unwrap(),
        [i32::MIN]
    );
    let least = input(&one("INT64", "[1]", "[-9223372036854775808]"));
    assert_eq!(least.values::<i64>().unwrap(), [i64::MIN]);
    assert_eq!(
        input(&one("FP32", "[3]", "[1,1.5,-2e3]"))
            .values::<f32>()
            .unwrap(),
        [1.0, 1.5, -2000.0]
    );
    assert_eq!(
        input(&one("FP64", "[2]", "[0.1,1e-400]"))
            .values::<f64>()
            .unwrap(),
        [0.1, 0.0]
    );
    let texts = input(&one("BYTES", "[2,2]", r#"[["a","\u00e9\n\""],["","€"]]"#));
    let texts: Vec<_> = texts
        .strings()
        .map(|text| std::str::from_utf8(text).unwrap())
        .collect();
    assert_eq!(texts, ["a", "é\n\"", "", "€"]);
}

#[test]
fn numbers_are_rounded_once_from_their_digits() {
    // Halfway between two `f32` once it has been rounded to an `f64`.
    let tensor = input(&one("FP32", "[1]", "[1.000000059604644775390625001]"));
    assert_eq!(tensor.values::<f32>().unwrap(), [1.0000001]);
    // One that a quick reader of decimals gets wrong by a bit.
    let tensor = input(&one("FP64", "[1]", "[122.416294033786585]"));
    assert_eq!(
        tensor.values::<f64>().unwrap(),
        ["122.416294033786585".parse::<f64>().unwrap()]
    );
}

#[test]
fn flat_and_nested_are_the_same() {
    let flat = input(&one("INT32", "[2,1,3]", "[1,2,3,4,5,6]"));
    let nested = input(&one("INT32", "[2,1,3]", " [ [[1 ,2,3]] ,\n\t[[4,5,6 ]]] "));
    assert_eq!(flat, nested);
    assert_eq!(flat.shape(), [2, 1, 3]);
}

#[test]
fn shapes_without_elements_are_good() {
    for (shape, data) in [
        ("[0]", "[]"),
        ("[0,3]", "[]"),
        ("[2,0]", "[]"),
        ("[2,0]", "[[],[]]"),
        ("[2,0,4]", "[[],[]]"),
        ("[2,2,0]", "[[[],[]],[[],[]]]"),
    ] {
        assert_eq!(input(&one("FP32", shape, data)).elements(), 0, "{shape} {data}");
    }
    assert_eq!(
        input(&one("FP32", "[]", "[7]")).values::<f32>().unwrap(),
        [7.0],
        "a shape without dimensions"
    );
}

#[test]
fn fields_come_in_any_order_and_unknown_ones_are_ignored() {
    let body = r#"{"zz":[{"a":null}],"outputs":[],"inputs":[{"data":[[1],[2]],"more":{},"datatype":"UINT8","parameters":{"content_type":"np","n":1.5,"m":-1,"b":true},"shape":[2,1],"name":"x"}],"parameters":{"priority":3},"id":null}"#;
    let request = infer(body, None).unwrap();
    assert_eq!(
        (request.id, request.outputs, request.binary_output),
        (None, None, false)
    );
    assert_eq!(request.inputs[0].data()[..], [1, 2]);
}

#[test]
fn elements_of_another_type_are_refused() {
    for (datatype, data, reason) in [
        ("BOOL", "[1]", "a BOOL is true or false"),
        (
            "UINT8",
            "[256]",
            "element 0 of `data` is 256, beyond the range of UINT8",
        ),
        ("UINT8", "[-1]", "beyond the range"),
        ("UINT64", "[18446744073709551616]", "beyond the range"),
        (
            "INT64",
            "[99999999999999999999999999999999999999999999999999]",
            "beyond the range",
        ),
        ("INT32", "[1.0]", "whole number"),
        ("INT32", "[1e2]", "whole number"),
        ("INT32", "[\"1\"]", "whole number"),
        ("INT32", "[true]", "whole number"),
        ("INT32", "[null]", "whole number"),
        ("INT32", "[{\"a\":1}]", "whole number"),
        ("FP32", "[1e39]", "beyond the range of FP32"),
        ("FP64", "[1e400]", "beyond the range of FP64"),
        ("FP64", "[\"NaN\"]", "JSON has no NaN"),
        ("FP64", "[\"Infinity\"]", "binary"),
        ("FP64", "[null]", "is a number"),
        ("FP16", "[1.5]", "binary"),
        ("BF16", "[1.5]", "binary"),
        ("BYTES", "[1]", "is a text"),
        ("BYTES", r#"["\ud800"]"#, "no text"),
        ("FP128", "[1]", "is no datatype"),
        ("fp32", "[1]", "is no datatype"),
    ] {
        let text = refused(one(datatype, "[1]", data), None);
        assert!(
            text.starts_with("input `x`: ") && text.contains(reason),
            "{datatype} {data}: {text}"
        );
    }
}

#[test]
fn data_that_does_not_fit_the_shape_is_refused() {
    for (shape, data, reason) in [
        (
            "[2,2]",
            "[1,2,3]",
            "the shape [2, 2] has 4 elements, and `data` has 3",
        ),
        ("[2]", "[1,2,3]", "has 2 elements"),
        (
            "[2,2]",
            "[[1,2],[3]]",
            "a list at depth 2 of `data` has 1 elements",
        ),
        ("[2,2]", "[[1,2]]", "a list at depth 1"),
        ("[2,2]", "[[1,2,3,4]]", "a list at depth 2"),
        ("[2,2]", "[[[1,2],[3,4]]]", "nesting"),
        ("[2,2]", "[1,[2],3,4]", "nesting"),
        ("[2,2]", "[[1,2],3,4]", "nesting"),
        ("[1]", "[[1]]", "nesting"),
        ("[]", "[[1]]", "nesting"),
        ("[0,3]", "[[]]", "a list at depth 2"),
        ("[1]", "1", "`data` is 1, not a list"),
        ("[1]", "{}", "not a list"),
        ("[1]", "\"[1]\"", "not a list"),
        ("[-1]", "[1]", "negative or too large"),
        ("[1.0]", "[1]", "expected i64"),
        ("[\"1\"]", "[1]", "expected i64"),
        ("1", "[1]", "expected a sequence"),
        ("null", "[1]", "expected a sequence"),
        ("[18446744073709551616]", "[1]", "expected i64"),
    ] {
        let text = refused(one("INT32", shape, data), None);
        assert!(text.contains(reason), "{shape} {data}: {text}");
    }
}

#[test]
fn a_claimed_shape_is_not_believed() {
    // Memory for any of these would end the process.
    for shape in [
        "[9223372036854775807]",
        "[1099511627776,1024]",
        "[4294967296,4294967296]",
        "[35184372088832]",
    ] {
        for datatype in ["FP64", "INT8", "BYTES", "BOOL"] {
            let data = if datatype == "BYTES" { "[\"a\"]" } else { "[]" };
            refused(one(datatype, shape, data), None);
            refused(one(datatype, shape, "[]"), None);
        }
    }
    let many = format!("[{}1]", "1,".repeat(100));
    assert!(refused(one("FP32", &many, "[1]"), None).contains("more than 64"));
    // No elements, however large the other sizes are.
    assert_eq!(input(&one("FP32", "[0,9223372036854775807]", "[]")).elements(), 0);
}

#[test]
fn deep_nesting_is_refused_without_a_deep_stack() {
    let deep = 1_000_000;
    let nested = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    let cut = "[".repeat(deep);
    for data in [&nested, &cut] {
        refused(one("FP32", "[1]", data), None);
        refused(one("FP32", data, "[1]"), None);
        refused(format!(r#"{{"inputs":{data}}}"#), None);
        refused(format!(r#"{{"inputs":[],"parameters":{data}}}"#), None);
        refused(format!(r#"{{"inputs":[],"parameters":{{"a":{data}}}}}"#), None);
        refused(format!(r#"{{"inputs":[],"outputs":{data}}}"#), None);
        refused(data.as_str(), None);
    }
    assert!(
        infer(format!(r#"{{"inputs":[],"unknown":{nested}}}"#), None).is_ok(),
        "an unknown field is skipped"
    );
    refused("{\"a\":".repeat(deep), None);
}

#[test]
fn bodies_that_are_no_requests_are_refused() {
    for (body, reason) in [
        ("", "EOF"),
        ("null", "expected an object"),
        ("[]", "expected an object"),
        ("{", "EOF"),
        ("{}", "missing field `inputs`"),
        (r#"{"inputs":null}"#, "expected a sequence"),
        (r#"{"inputs":{}}"#, "expected a sequence"),
        (r#"{"inputs":[]} x"#, "trailing characters"),
        (r#"{"inputs":[],"inputs":[]}"#, "duplicate field"),
        (r#"{"inputs":[],"id":1}"#, "expected a string"),
        (r#"{"inputs":[["x",[1],"FP32",null,[1]]]}"#, "expected an object"),
        (
            r#"{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}"#,
            "missing field `name`",
        ),
        (
            r#"{"inputs":[{"name":"x","datatype":"FP32","data":[1]}]}"#,
            "missing field `shape`",
        ),
        (
            r#"{"inputs":[{"name":"x","shape":[1],"data":[1]}]}"#,
            "missing field `datatype`",
        ),
        (
            r#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]}"#,
            "neither `data`",
        ),
        (
            r#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[NaN]}]}"#,
            "expected value",
        ),
        (r#"{"inputs":[],"outputs":[{}]}"#, "missing field `name`"),
        (
            r#"{"inputs":[],"outputs":[{"name":"y"},{"name":"y"}]}"#,
            "output `y` is asked for twice",
        ),
        (r#"{"inputs":[],"parameters":[]}"#, "an object of parameters"),
        (
            r#"{"inputs":[],"parameters":{"a":[]}}"#,
            "a parameter: a text, a number, true or false",
        ),
        (r#"{"inputs":[],"parameters":{"a":null}}"#, "a parameter"),
        (
            r#"{"inputs":[],"parameters":{"binary_data_output":"true"}}"#,
            "must be true or false",
        ),
        (
            r#"{"inputs":[],"outputs":[{"name":"y","parameters":{"binary_data":1}}]}"#,
            "must be true or false",
        ),
        (
            r#"{"inputs":[],"outputs":[{"name":"y","parameters":{"classification":2}}]}"#,
            "`classification` is not supported",
        ),
        (
            r#"{"inputs":[],"parameters":{"classification":2}}"#,
            "not supported",
        ),
    ] {
        let text = refused(body, None);
        assert!(text.contains(reason), "{body}: {text}");
    }
    let twice = r#"{"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1]},{"data":[1],"name":"\u0078","shape":[1],"datatype":"INT8"}]}"#;
    assert_eq!(refused(twice, None), "input `x` is given twice");
    assert!(refused(b"{\"inputs\":[],\"a\":\"\xff\"}", None).contains("not UTF-8"));
}

#[test]
fn messages_stay_short() {
    let long = "é".repeat(100_000);
    for body in [
        one("INT32", "[1]", &format!("[\"{long}\"]")),
        one(&long, "[1]", "[1]"),
        one("INT32", &format!("\"{long}\""), "[1]"),
        format!(r#"{{"inputs":[{{"name":"{long}","shape":[2],"datatype":"INT8","data":[1]}}]}}"#),
        format!(r#"{{"inputs":[],"outputs":[{{"name":"{long}"}},{{"name":"{long}"}}]}}"#),
    ] {
        let text = refused(body, None);
        assert!(text.chars().count() < 1100, "{} characters", text.chars().count());
    }
}

#[test]
fn every_type_is_known_by_its_name() {
    for datatype in Datatype::ALL {
        let text = refused(one(datatype.as_str(), "[2]", "[]"), None);
        assert!(!text.contains("is no datatype"), "{text}");
    }
}
