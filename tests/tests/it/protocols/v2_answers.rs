//! What a server answers: predictions, what it says of itself, and errors.

use zen_core::serving::{Batch, Datatype, PredictError, ServedModel, Tensor, TensorSpec};
use zen_integrations::native::Refusal;
use zen_integrations::native::v2::{self, InferRequest};

use super::{fp32, infer, spec};

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn answer(request: &InferRequest, tensor: Tensor) -> Result<String, Refusal> {
    let answer = v2::write_infer(request, "m", "", vec![tensor])?;
    assert_eq!(answer.json_length, None);
    Ok(text(&answer.body).to_owned())
}

#[test]
fn absent_things_are_left_out() {
    let tensor = Tensor::new("b", Datatype::Bool, vec![2], vec![1, 0]).unwrap();
    let body = answer(&InferRequest::default(), tensor).unwrap();
    assert_eq!(
        body,
        r#"{"model_name":"m","outputs":[{"name":"b","datatype":"BOOL","shape":[2],"data":[true,false]}]}"#
    );
    let none = Tensor::new("e", Datatype::Int64, vec![0, 3], vec![]).unwrap();
    let body = answer(&InferRequest::default(), none).unwrap();
    assert!(body.ends_with(r#""shape":[0,3],"data":[]}]}"#), "{body}");
}

#[test]
fn names_and_texts_are_escaped() {
    let request = infer(br#"{"inputs":[],"id":"\"\u0001"}"#, None).unwrap();
    let tensor = Tensor::of_bytes("a\"b", vec![2], ["\n\"", "é"]).unwrap();
    let body = answer(&request, tensor).unwrap();
    assert_eq!(
        body,
        r#"{"id":"\"\u0001","model_name":"m","outputs":[{"name":"a\"b","datatype":"BYTES","shape":[2],"data":["\n\"","é"]}]}"#
    );
}

#[test]
fn only_wanted_outputs_come_in_their_order() {
    let request = infer(br#"{"inputs":[],"outputs":[{"name":"c"},{"name":"a"}]}"#, None).unwrap();
    let tensors: Vec<_> = ["a", "b", "c"].map(|name| fp32(name, &[1], &[1.5])).into();
    let answer = v2::write_infer(&request, "m", "2", tensors.clone()).unwrap();
    let outputs = v2::parse_answer(&answer.body, None).unwrap();
    assert_eq!(outputs, [tensors[2].clone(), tensors[0].clone()]);

    let request = infer(br#"{"inputs":[],"outputs":[{"name":"a"},{"name":"z"}]}"#, None).unwrap();
    let error = v2::write_infer(&request, "m", "2", tensors).unwrap_err();
    let expected = "unexpected output `z`; the model's outputs are `a`, `b`, `c`";
    assert_eq!(error, Refusal::Input(expected.into()));
}

#[test]
fn what_json_cannot_hold_must_be_asked_for_as_binary() {
    let half = Tensor::new("h", Datatype::Fp16, vec![1], vec![0, 60]).unwrap();
    let brain = Tensor::new("h", Datatype::Bf16, vec![1], vec![0, 60]).unwrap();
    for tensor in [half, brain] {
        match answer(&InferRequest::default(), tensor) {
            Err(Refusal::Input(text)) => assert!(text.contains("binary_data_output"), "{text}"),
            other => panic!("{other:?}"),
        }
    }
    let words = Tensor::of_bytes("w", vec![1], [b"\xff"]).unwrap();
    let infinite = Tensor::new(
        "i",
        Datatype::Fp64,
        vec![1],
        f64::NEG_INFINITY.to_le_bytes().to_vec(),
    )
    .unwrap();
    for tensor in [words, infinite, fp32("n", &[2], &[1.0, f32::NAN])] {
        match answer(&InferRequest::default(), tensor.clone()) {
            Err(Refusal::Model(text)) => assert!(text.contains("binary_data_output"), "{text}"),
            other => panic!("{other:?}"),
        }
        let binary = InferRequest {
            binary_output: true,
            ..InferRequest::default()
        };
        let answer = v2::write_infer(&binary, "m", "1", vec![tensor.clone()]).unwrap();
        let length = answer.json_length.unwrap().to_string();
        assert_eq!(v2::parse_answer(&answer.body, Some(&length)).unwrap(), [tensor]);
    }
}

#[test]
fn answers_that_are_none_are_errors() {
    for (body, length, reason) in [
        (
            &br#"{"error":"no such model"}"#[..],
            None,
            "the server answered with an error: no such model",
        ),
        (br#"{"error":{"code":3}}"#, None, "{\"code\":3}"),
        (b"{}", None, "`outputs` is missing"),
        (b"[]", None, "expected an object"),
        (b"<html>", None, "no inference response"),
        (
            br#"{"outputs":[{"name":"y","shape":[2],"datatype":"FP32","data":[1.0]}]}"#,
            None,
            "output `y`: the shape",
        ),
        (br#"{"outputs":[]}abc"#, Some("14"), "3 bytes are left"),
        (br#"{"outputs":[]}"#, Some("15"), "the body has only 14 bytes"),
    ] {
        let error = v2::parse_answer(&body.into(), length).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
}

/// A model that only has a description.
struct Described;

impl ServedModel for Described {
    fn platform(&self) -> &str {
        "onnx_onnxv1"
    }

    fn inputs(&self) -> Vec<TensorSpec> {
        vec![spec("x", Datatype::Fp32, &[-1, 4])]
    }

    fn outputs(&self) -> Vec<TensorSpec> {
        vec![
            spec("y", Datatype::Int64, &[-1]),
            spec("p", Datatype::Bf16, &[-1, 3]),
        ]
    }

    fn inline(&self) -> bool {
        true
    }

    fn warm_up(&self) -> Result<(), PredictError> {
        Ok(())
    }

    fn read_json(&self, _: &[u8]) -> Result<Batch, PredictError> {
        Err(PredictError::input("none"))
    }

    fn read_tensors(&self, _: Vec<Tensor>) -> Result<Batch, PredictError> {
        Err(PredictError::input("none"))
    }

    fn predict(&self, _: Vec<Batch>) -> Vec<Result<Batch, PredictError>> {
        Vec::new()
    }

    fn write_json(&self, _: &Batch) -> Result<Vec<u8>, PredictError> {
        Err(PredictError::model("none"))
    }

    fn write_tensors(&self, _: &Batch) -> Result<Vec<Tensor>, PredictError> {
        Err(PredictError::model("none"))
    }
}

#[test]
fn servers_and_models_describe_themselves() {
    assert_eq!(
        text(&v2::server_metadata("1.2")),
        r#"{"name":"zen","version":"1.2","extensions":["model_repository","binary_tensor_data"]}"#
    );
    assert_eq!(
        text(&v2::model_metadata("iris", &["1".into(), "2".into()], &Described)),
        r#"{"name":"iris","versions":["1","2"],"platform":"onnx_onnxv1","inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],"outputs":[{"name":"y","datatype":"INT64","shape":[-1]},{"name":"p","datatype":"BF16","shape":[-1,3]}]}"#
    );
    assert_eq!(
        text(&v2::model_index("sum", "1", true)),
        r#"[{"name":"sum","version":"1","state":"READY"}]"#
    );
    assert_eq!(
        text(&v2::model_index("sum", "1", false)),
        r#"[{"name":"sum","version":"1","state":"UNAVAILABLE"}]"#
    );
    assert_eq!(
        text(&v2::error_body(&Refusal::Input("bad \"x\"".into()))),
        r#"{"error":"bad \"x\""}"#
    );
}
