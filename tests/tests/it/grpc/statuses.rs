//! Refusals as statuses.

use std::sync::Arc;
use std::time::Duration;

use tonic::Code;
use zen_core::serving::{Batch, ServedModel};
use zen_integrations::native::Refusal;
use zen_integrations::native::grpc::proto::model_infer_request::{
    InferInputTensor, InferRequestedOutputTensor,
};
use zen_integrations::native::grpc::proto::{InferParameter, InferTensorContents, ModelInferRequest};
use zen_integrations::native::grpc::{Backend, status};

use super::{Direct, LIMITS, client, request};

fn rows(values: &[f32]) -> InferInputTensor {
    InferInputTensor {
        name: "input".into(),
        datatype: "FP32".into(),
        shape: vec![values.len() as i64 / 2, 2],
        contents: Some(InferTensorContents {
            fp32_contents: values.to_vec(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn asked(input: InferInputTensor) -> ModelInferRequest {
    ModelInferRequest {
        inputs: vec![input],
        ..request()
    }
}

#[tokio::test]
async fn a_request_at_fault_is_an_invalid_argument() {
    let mut client = client(Direct::root()).await;
    let good = || rows(&[4.0, 9.0]);
    let parameter = |name: &str| [(name.to_owned(), InferParameter::default())].into();
    let with = |change: fn(&mut InferInputTensor)| {
        let mut input = good();
        change(&mut input);
        asked(input)
    };
    let wanted = |name: &str| InferRequestedOutputTensor {
        name: name.into(),
        ..Default::default()
    };
    let raw = |contents: Vec<&'static [u8]>| contents.into_iter().map(Into::into).collect::<Vec<_>>();
    for (request, told) in [
        (asked(rows(&[-1.0, 2.0])), "-2 has no root"),
        (request(), "input `input` is missing"),
        (with(|input| input.name = "x".into()), "unexpected input `x`"),
        (
            with(|input| input.datatype = "FP31".into()),
            "input `input`: `FP31` is no datatype",
        ),
        (
            with(|input| input.datatype = "FP64".into()),
            "FP64 is to be in fp64_contents, and there is something in fp32_contents",
        ),
        (
            with(|input| input.shape = vec![-1, 2]),
            "the shape [-1, 2] has a size below 0",
        ),
        (
            with(|input| input.shape = vec![2, 2]),
            "the shape [2, 2] of FP32 needs 16 bytes, and there are 8",
        ),
        (
            with(|input| input.shape = vec![i64::MAX; 4]),
            "more elements than can be counted",
        ),
        (
            with(|input| input.shape = vec![2, 1]),
            "has the shape [2, 1]; the model expects [-1, 2]",
        ),
        (
            with(|input| input.contents = None),
            "needs 8 bytes, and there are 0",
        ),
        (
            with(|input| {
                input.datatype = "INT8".into();
                input.contents = Some(InferTensorContents {
                    int_contents: vec![1, 128],
                    ..Default::default()
                });
            }),
            "128 is out of the range of INT8",
        ),
        (
            ModelInferRequest {
                raw_input_contents: raw(vec![&[0; 8]]),
                ..asked(good())
            },
            "input `input`: it has typed contents although the request has raw_input_contents",
        ),
        (
            ModelInferRequest {
                raw_input_contents: raw(vec![&[0; 8], &[]]),
                ..asked(good())
            },
            "there are 1 inputs and 2 raw_input_contents",
        ),
        (
            ModelInferRequest {
                outputs: vec![wanted("x")],
                ..asked(good())
            },
            "unexpected output `x`; the model's outputs are `output`",
        ),
        (
            ModelInferRequest {
                outputs: vec![wanted("output"), wanted("output")],
                ..asked(good())
            },
            "output `output` is asked for twice",
        ),
        (
            asked(InferInputTensor {
                parameters: parameter("shared_memory_region"),
                ..good()
            }),
            "input `input`: the parameter `shared_memory_region` is not supported",
        ),
        (
            ModelInferRequest {
                outputs: vec![InferRequestedOutputTensor {
                    name: "output".into(),
                    parameters: parameter("classification"),
                }],
                ..asked(good())
            },
            "output `output`: the parameter `classification` is not supported",
        ),
    ] {
        let status = client.model_infer(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
        assert!(status.message().contains(told), "{}", status.message());
    }
    // After all that, it predicts.
    let answer = client.model_infer(asked(good())).await.unwrap().into_inner();
    assert_eq!(answer.outputs[0].contents.as_ref().unwrap().fp32_contents, [6.0]);
}

#[tokio::test]
async fn a_model_that_fails_is_an_internal_error() {
    let mut client = client(Direct::root()).await;
    let status = client
        .model_infer(asked(rows(&[f32::NAN, 1.0])))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::Internal, "NaN has no root")
    );
}

#[tokio::test]
async fn a_message_that_is_too_large_exhausts_a_resource() {
    let mut client = client(Direct::root()).await;
    let large = asked(rows(&vec![1.0; LIMITS.max_message / 2]));
    let status = client.model_infer(large).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(status.message().contains("too large"), "{status}");
    assert!(client.model_infer(asked(rows(&vec![1.0; 1000]))).await.is_ok());
}

/// Predicts nothing.
#[derive(Clone)]
struct Refusing(Direct, Refusal);

impl Backend for Refusing {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn version(&self) -> &str {
        self.0.version()
    }

    fn model(&self) -> &Arc<dyn ServedModel> {
        self.0.model()
    }

    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    async fn predict(&self, _: Batch) -> Result<Batch, Refusal> {
        Err(self.1.clone())
    }
}

#[tokio::test]
async fn refusals_have_codes() {
    for (refusal, code) in [
        (Refusal::Input("no".into()), Code::InvalidArgument),
        (Refusal::Unauthorized, Code::Unauthenticated),
        (Refusal::NotFound("no".into()), Code::NotFound),
        (
            Refusal::Method {
                method: "PUT".into(),
                allowed: "GET",
            },
            Code::Unimplemented,
        ),
        (Refusal::Slow(Duration::from_secs(1)), Code::DeadlineExceeded),
        (Refusal::TooLarge(7), Code::ResourceExhausted),
        (Refusal::MediaType("no".into()), Code::InvalidArgument),
        (Refusal::Busy(7), Code::ResourceExhausted),
        (Refusal::Crowded(7), Code::ResourceExhausted),
        (Refusal::Model("no".into()), Code::Internal),
        (Refusal::NotReady("no".into()), Code::Unavailable),
        (Refusal::Timeout(Duration::from_secs(1)), Code::DeadlineExceeded),
    ] {
        assert_eq!(status(&refusal).code(), code);
        let mut client = client(Refusing(Direct::root(), refusal.clone())).await;
        let found = client.model_infer(asked(rows(&[1.0, 1.0]))).await.unwrap_err();
        assert_eq!(
            (found.code(), found.message()),
            (code, refusal.to_string().as_str())
        );
    }
}

#[tokio::test]
async fn a_long_reason_fits_in_a_header() {
    let long = "ü\n".repeat(100_000);
    let mut client = client(Refusing(Direct::root(), Refusal::Model(long.clone()))).await;
    let status = client.model_infer(asked(rows(&[1.0, 1.0]))).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    let message = status.message().strip_suffix(" ..").unwrap();
    assert!(message.len() > 900 && long.starts_with(message));
}
