//! Malformed messages: an error status, and never a panic.

use axum::body::Body;
use axum::http::Request;
use proptest::prelude::*;
use prost::Message;
use tonic::Code;
use tower::ServiceExt;
use zen_integrations::native::grpc::proto::model_infer_request::{
    InferInputTensor, InferRequestedOutputTensor,
};
use zen_integrations::native::grpc::proto::{InferTensorContents, ModelInferRequest};
use zen_integrations::native::grpc::router;

use super::{Direct, LIMITS};

/// What the service answers to these bytes: a status, when it is an error.
async fn ask(method: &str, body: Vec<u8>) -> Option<Code> {
    let request = Request::post(format!(
        "http://localhost/inference.GRPCInferenceService/{method}"
    ))
    .header("content-type", "application/grpc")
    .header("te", "trailers")
    .body(Body::from(body))
    .unwrap();
    let response = router(Direct::echo(), LIMITS).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    response
        .headers()
        .get("grpc-status")
        .map(|code| Code::from_bytes(code.as_bytes()))
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut body = vec![0];
    body.extend((message.len() as u32).to_be_bytes());
    body.extend(message);
    body
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

#[tokio::test]
async fn methods_that_the_service_does_not_have() {
    for method in ["ModelConfig", "RepositoryModelLoad", "ModelStreamInfer", "x/y"] {
        assert_eq!(
            ask(method, framed(&[])).await,
            Some(Code::Unimplemented),
            "{method}"
        );
    }
}

#[tokio::test]
async fn frames_that_are_cut_off_or_lie() {
    let whole = framed(
        &ModelInferRequest {
            model_name: "iris".into(),
            ..Default::default()
        }
        .encode_to_vec(),
    );
    for end in 0..whole.len() {
        assert!(ask("ModelInfer", whole[..end].to_vec()).await.is_some(), "{end}");
    }
    // It says that it has 4 GiB.
    assert_eq!(
        ask("ModelInfer", vec![0, 255, 255, 255, 255, 1]).await,
        Some(Code::ResourceExhausted)
    );
    // It says that it is compressed, or of a kind that isn't.
    for kind in [1, 2] {
        let mut body = whole.clone();
        body[0] = kind;
        assert!(ask("ModelInfer", body).await.is_some());
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..64)
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["yes", "tiny", "middle", "text", "quad", ""]).prop_map(str::to_owned),
        ".{0,8}",
    ]
}

prop_compose! {
    fn input()(
        name in name(),
        datatype in prop_oneof![
            prop::sample::select(vec!["BOOL", "INT8", "INT32", "FP16", "BF16", "FP32", "BYTES", "UINT64"]).prop_map(str::to_owned),
            ".{0,8}",
        ],
        shape in prop::collection::vec(prop_oneof![0i64..4, any::<i64>()], 0..4),
        typed in prop::option::of((
            prop::collection::vec(any::<i32>(), 0..4),
            prop::collection::vec(any::<bool>(), 0..4),
            prop::collection::vec(bytes(), 0..3),
        )),
    ) -> InferInputTensor {
        let contents = typed.map(|(ints, bools, strings)| InferTensorContents {
            int_contents: ints,
            bool_contents: bools,
            bytes_contents: strings.into_iter().map(Into::into).collect(),
            ..Default::default()
        });
        InferInputTensor { name, datatype, shape, contents, ..Default::default() }
    }
}

proptest! {
    #[test]
    fn random_bodies(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(run(ask("ModelInfer", body)).is_some());
    }

    #[test]
    fn random_messages(message in prop::collection::vec(any::<u8>(), 0..200)) {
        for method in ["ModelInfer", "ModelReady", "ModelMetadata"] {
            prop_assert!(run(ask(method, framed(&message))).is_some());
        }
    }

    #[test]
    fn random_requests(
        inputs in prop::collection::vec(input(), 0..14),
        raw in prop::collection::vec(bytes(), 0..3),
        output in prop::option::of(name()),
    ) {
        let request = ModelInferRequest {
            model_name: "iris".into(),
            inputs,
            raw_input_contents: raw.into_iter().map(Into::into).collect(),
            outputs: output.map(|name| InferRequestedOutputTensor { name, ..Default::default() }).into_iter().collect(),
            ..Default::default()
        };
        prop_assert_eq!(run(ask("ModelInfer", framed(&request.encode_to_vec()))), Some(Code::InvalidArgument));
    }
}

#[tokio::test]
async fn what_is_no_message_is_the_sender_s_fault() {
    assert_eq!(
        ask("ModelInfer", framed(&[0xff; 9])).await,
        Some(Code::InvalidArgument)
    );
}
