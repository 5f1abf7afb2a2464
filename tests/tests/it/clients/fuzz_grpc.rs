//! Thousands of malformed messages over gRPC, on one connection.

use axum::body::Body;
use axum::http::{Request, Response};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use prost::Message;
use tonic::Code;
use tonic::body::Body as Answer;
use tonic::transport::Channel;
use tower::{Service, ServiceExt};
use zen_integrations::native::grpc::proto::model_infer_request::InferInputTensor;
use zen_integrations::native::grpc::proto::{InferTensorContents, ModelInferRequest};
use zen_tests::models::Pairs;

use super::fuzz::{Memory, cases};
use super::served::Served;
use crate::protocols::mutate::bodies;

fn input(name: &str, typed: bool) -> InferInputTensor {
    let contents = InferTensorContents {
        fp64_contents: vec![1.0, -2.0],
        ..Default::default()
    };
    InferInputTensor {
        name: name.into(),
        datatype: "FP64".into(),
        shape: vec![2],
        contents: typed.then_some(contents),
        ..Default::default()
    }
}

/// Good messages, framed.
fn good() -> &'static [&'static [u8]] {
    let request = |typed: bool, model_name: &str| ModelInferRequest {
        model_name: model_name.into(),
        id: "42".into(),
        inputs: vec![input("a", typed), input("b", typed)],
        raw_input_contents: match typed {
            true => Vec::new(),
            false => vec![vec![0; 16].into(); 2],
        },
        ..Default::default()
    };
    let messages = [request(true, "m"), request(false, "m"), request(true, "n")];
    let framed = messages.map(|message| -> &'static [u8] {
        let message = message.encode_to_vec();
        let frame = [&[0], &(message.len() as u32).to_be_bytes()[..], &message[..]].concat();
        frame.leak()
    });
    framed.to_vec().leak()
}

/// The bytes again as one frame, so that the message and not the frame is malformed.
fn reframed(body: &[u8]) -> Vec<u8> {
    let message = body.get(5..).unwrap_or_default();
    [&[0], &(message.len() as u32).to_be_bytes()[..], message].concat()
}

async fn status(response: Response<Answer>) -> Option<Code> {
    let code =
        |headers: &axum::http::HeaderMap| Some(Code::from_bytes(headers.get("grpc-status")?.as_bytes()));
    if let Some(code) = code(response.headers()) {
        return Some(code);
    }
    let mut body = std::pin::pin!(response.into_body());
    loop {
        let frame = std::future::poll_fn(|cx| axum::body::HttpBody::poll_frame(body.as_mut(), cx)).await?;
        if let Ok(trailers) = frame.unwrap().into_trailers() {
            return code(&trailers);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages() {
    let served = Served::new();
    let server = served.start("m", &Pairs);
    let mut memory = Memory::of(&server);
    let address = format!("http://{}", server.address);
    let mut channel = Channel::from_shared(address.clone())
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut runner = TestRunner::default();
    let strategy = (bodies(good()), any::<bool>());
    let mut answered = 0;
    for sent in 0..cases() {
        let (body, whole) = strategy.new_tree(&mut runner).unwrap().current();
        let body = if whole { reframed(&body) } else { body };
        let method = ["ModelInfer", "ModelInfer", "ModelInfer", "ModelMetadata"][sent % 4];
        let request = Request::post(format!("{address}/inference.GRPCInferenceService/{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Answer::new(Body::from(body.clone())))
            .unwrap();
        let response = channel.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let code = status(response).await.expect("a status");
        match code {
            Code::Ok => answered += 1,
            Code::InvalidArgument | Code::NotFound | Code::ResourceExhausted => {}
            // As gRPC has it for frames that are cut off, missing or compressed.
            Code::Internal | Code::Unimplemented if !whole => {}
            _ => panic!("{code:?} for {method} {}", body.escape_ascii()),
        }
        memory.note(sent);
    }
    eprintln!("{answered} were good");
    assert!(answered > 0, "no message was good: the generator is of no use");
    memory.assert_steady();
    server.assert_sound();
}
