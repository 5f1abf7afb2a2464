//! Requests with binary tensors after the JSON.

use zen_core::serving::{Datatype, Tensor};
use zen_integrations::native::v2;

use super::{fp32, infer, one, refused};

/// A body of this JSON and these bytes, with the header's value.
fn body(json: &str, binary: &[u8]) -> (Vec<u8>, String) {
    ([json.as_bytes(), binary].concat(), json.len().to_string())
}

fn binary_input(name: &str, datatype: &str, shape: &str, size: &str) -> String {
    format!(
        r#"{{"name":"{name}","shape":{shape},"datatype":"{datatype}","parameters":{{"binary_data_size":{size}}}}}"#
    )
}

#[test]
fn binary_and_json_inputs_may_be_mixed() {
    let (a, c) = (
        binary_input("a", "INT16", "[2]", "4"),
        binary_input("c", "BYTES", "[2]", "11"),
    );
    let json = format!(r#"{{"inputs":[{a},{{"name":"b","shape":[1],"datatype":"UINT8","data":[9]}},{c}]}}"#);
    let (body, length) = body(&json, b"\x01\x00\xff\xff\x03\x00\x00\x00abc\x00\x00\x00\x00");
    let inputs = infer(body, Some(&length)).unwrap().take_inputs();
    assert_eq!(inputs[0].values::<i16>().unwrap(), [1, -1]);
    assert_eq!(inputs[1].values::<u8>().unwrap(), [9]);
    assert_eq!(inputs[2].strings().collect::<Vec<_>>(), [&b"abc"[..], b""]);
}

#[test]
fn every_type_comes_as_binary() {
    for datatype in Datatype::ALL {
        let data = match datatype.size() {
            Some(size) => vec![1; 3 * size],
            None => [&b"\x02\x00\x00\x00"[..], b"\xff\xfe", &[0; 8]].concat(),
        };
        let json = format!(
            r#"{{"inputs":[{}]}}"#,
            binary_input("x", datatype.as_str(), "[3]", &data.len().to_string())
        );
        let (body, length) = body(&json, &data);
        let inputs = infer(body, Some(&length)).unwrap().take_inputs();
        assert_eq!(
            (inputs[0].datatype(), &inputs[0].data()[..]),
            (datatype, &data[..])
        );
    }
}

#[test]
fn the_header_may_be_there_without_binary_tensors() {
    let json = one("UINT8", "[1]", "[1]");
    assert!(infer(json.clone(), Some(&json.len().to_string())).is_ok());
}

#[test]
fn binary_outputs_are_asked_for_in_two_ways() {
    let json = r#"{"inputs":[],"parameters":{"binary_data_output":true},"outputs":[{"name":"a","parameters":{"binary_data":false}},{"name":"b"}]}"#;
    let request = infer(json, None).unwrap();
    let tensors = vec![fp32("b", &[1], &[2.0]), fp32("a", &[1], &[1.0])];
    let answer = v2::write_infer(&request, "m", "1", tensors).unwrap();
    let json = r#"{"model_name":"m","model_version":"1","outputs":[{"name":"a","datatype":"FP32","shape":[1],"data":[1.0]},{"name":"b","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]}"#;
    assert_eq!(answer.json_length, Some(json.len()));
    assert_eq!(answer.body[..], [json.as_bytes(), &2f32.to_le_bytes()].concat());
}

#[test]
fn bytes_that_do_not_fit_are_refused() {
    let with = |input: &str, binary: &[u8]| {
        let (body, length) = body(&format!(r#"{{"inputs":[{input}]}}"#), binary);
        refused(body, Some(&length))
    };
    for (input, binary, reason) in [
        (
            binary_input("x", "FP32", "[1]", "4"),
            &[0; 3][..],
            "`binary_data_size` is 4, and only 3 bytes are left",
        ),
        (
            binary_input("x", "FP32", "[1]", "4"),
            &[0; 5],
            "1 bytes are left after the last binary tensor",
        ),
        (binary_input("x", "FP32", "[2]", "4"), &[0; 4], "needs 8 bytes"),
        (
            binary_input("x", "FP32", "[9223372036854775807,4]", "4"),
            &[0; 4],
            "more elements than can be counted",
        ),
        (binary_input("x", "BOOL", "[1]", "1"), &[2], "BOOL"),
        (
            binary_input("x", "BYTES", "[1]", "5"),
            b"\x02\x00\x00\x00a",
            "cut off",
        ),
        (
            binary_input("x", "BYTES", "[2]", "5"),
            b"\x01\x00\x00\x00a",
            "2 elements",
        ),
        (
            binary_input("x", "BYTES", "[1]", "8"),
            b"\xff\xff\xff\xffabcd",
            "cut off",
        ),
        (
            binary_input("x", "FP32", "[1]", "18446744073709551615"),
            &[0; 4],
            "only 4 bytes",
        ),
        (
            binary_input("x", "FP32", "[1]", "-4"),
            &[0; 4],
            "must be a number of bytes",
        ),
        (
            binary_input("x", "FP32", "[1]", "4.0"),
            &[0; 4],
            "must be a number of bytes",
        ),
        (
            binary_input("x", "FP32", "[1]", "\"4\""),
            &[0; 4],
            "must be a number of bytes",
        ),
        (
            binary_input("x", "FP32", "[1]", "4").replace("\"shape\"", "\"data\":[1],\"shape\""),
            &[0; 4],
            "both `data`",
        ),
        (
            binary_input("x", "FP32", "[1]", "4").replace("binary_data_size", "shared_memory_region"),
            &[],
            "`shared_memory_region` is not supported",
        ),
    ] {
        let text = with(&input, binary);
        assert!(text.contains(reason), "{input}: {text}");
    }
}

#[test]
fn headers_that_lie_are_refused() {
    let json = one("UINT8", "[1]", "[1]");
    for header in [
        "",
        " ",
        "x",
        "-1",
        "+5",
        "1.0",
        "0x10",
        "99999999999999999999999",
        "1,2",
    ] {
        assert!(
            refused(json.clone(), Some(header)).contains("not a number of bytes"),
            "{header}"
        );
    }
    assert!(refused(json.clone(), Some("1000")).contains("the body has only"));
    assert!(refused(json.clone(), Some("3")).contains("EOF"));
    assert!(refused(json.clone(), Some("0")).contains("EOF"));
    let missing = format!(r#"{{"inputs":[{}]}}"#, binary_input("x", "UINT8", "[1]", "1"));
    assert!(refused(missing, None).contains("the header Inference-Header-Content-Length is missing"));
}

#[test]
fn binary_tensors_are_parts_of_the_body() {
    let tensor = Tensor::new("x", Datatype::Uint8, vec![1000], vec![7; 1000]).unwrap();
    let (body, length) = v2::write_request(None, &[tensor], true);
    let body = body.into();
    let request = v2::parse_infer(&body, Some(&length.unwrap().to_string())).unwrap();
    let data = request.inputs[0].data();
    assert!(
        body.as_ptr_range().contains(&data.as_ptr()),
        "the tensor was copied"
    );
}
