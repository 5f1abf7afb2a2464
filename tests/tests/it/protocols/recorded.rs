//! Bodies as real clients and servers sent them, byte by byte.

use zen_core::serving::Datatype;
use zen_integrations::native::v2;

use super::{fp32, infer, input};

/// What tritonclient 2.73.0 sends, with no content type.
const TRITONCLIENT: &[u8] = b"{\"id\":\"r1\",\"inputs\":[{\"name\":\"predict\",\"shape\":[1,4],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":16}}],\"outputs\":[{\"name\":\"predict\",\"parameters\":{\"binary_data\":true}}]}33\xa3@\x00\x00`@33\xb3?\xcd\xccL>";

/// What Triton 2.51 answers.
const TRITON_BINARY: &[u8] = b"{\"id\":\"r1\",\"model_name\":\"sum\",\"model_version\":\"1\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[1,1],\"parameters\":{\"binary_data_size\":4}}]}33#A";
const TRITON_JSON: &[u8] = br#"{"id":"42","model_name":"sum","model_version":"1","outputs":[{"name":"y","datatype":"FP32","shape":[2,1],"data":[10.0,26.0]}]}"#;

/// What MLServer 1.7.1 answers.
const MLSERVER: &[u8] = br#"{"model_name":"iris","model_version":"v1","id":"42","parameters":{},"outputs":[{"name":"predict","shape":[2,1],"datatype":"INT64","parameters":{"content_type":"np"},"data":[0,2]}]}"#;

#[test]
fn tritonclients_binary_request_is_read() {
    assert_eq!(TRITONCLIENT.len(), 191);
    let mut request = infer(TRITONCLIENT, Some("175")).unwrap();
    assert_eq!(request.id.as_deref(), Some("r1"));
    assert_eq!(
        request.take_inputs(),
        [fp32("predict", &[1, 4], &[5.1, 3.5, 1.4, 0.2])]
    );
    let outputs = request.outputs.unwrap();
    assert_eq!(
        (outputs.len(), &*outputs[0].name, outputs[0].binary),
        (1, "predict", Some(true))
    );
}

#[test]
fn answers_are_tritons_byte_by_byte() {
    let request = br#"{"id":"r1","inputs":[],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}"#;
    let request = infer(request, None).unwrap();
    let answer = v2::write_infer(&request, "sum", "1", vec![fp32("y", &[1, 1], &[10.2])]).unwrap();
    assert_eq!((&answer.body[..], answer.json_length), (TRITON_BINARY, Some(143)));

    let request = infer(br#"{"id":"42","inputs":[]}"#, None).unwrap();
    let answer = v2::write_infer(&request, "sum", "1", vec![fp32("y", &[2, 1], &[10.0, 26.0])]).unwrap();
    assert_eq!((&answer.body[..], answer.json_length), (TRITON_JSON, None));
}

#[test]
fn answers_of_other_servers_are_read() {
    let binary = v2::parse_answer(&TRITON_BINARY.into(), Some("143")).unwrap();
    assert_eq!(binary, [fp32("y", &[1, 1], &[10.2])]);
    let json = v2::parse_answer(&TRITON_JSON.into(), None).unwrap();
    assert_eq!(json, [fp32("y", &[2, 1], &[10.0, 26.0])]);
    let mlserver = v2::parse_answer(&MLSERVER.into(), None).unwrap();
    assert_eq!(
        (mlserver[0].name(), mlserver[0].values::<i64>().unwrap()),
        ("predict", vec![0, 2])
    );
}

#[test]
fn a_request_as_the_protocol_shows_it_is_read() {
    let body = r#"{"id":"42","parameters":{},"inputs":[{"name":"predict","shape":[2,4],"datatype":"FP64","parameters":{},"data":[[5.1,3.5,1.4,0.2],[6.2,3.4,5.4,2.3]]}],"outputs":[{"name":"predict"}]}"#;
    let tensor = input(body);
    assert_eq!((tensor.datatype(), tensor.shape()), (Datatype::Fp64, &[2, 4][..]));
    assert_eq!(
        tensor.values::<f64>().unwrap(),
        [5.1, 3.5, 1.4, 0.2, 6.2, 3.4, 5.4, 2.3]
    );
}

#[test]
fn requests_are_written_as_tritonclient_writes_them() {
    let (body, length) = v2::write_request(
        Some("r1"),
        &[fp32("predict", &[1, 4], &[5.1, 3.5, 1.4, 0.2])],
        true,
    );
    let json = r#"{"id":"r1","inputs":[{"name":"predict","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":16}}],"parameters":{"binary_data_output":true}}"#;
    assert_eq!(length, Some(json.len()));
    assert_eq!(body[..json.len()], *json.as_bytes());
    assert_eq!(body[json.len()..], TRITONCLIENT[175..]);
}
