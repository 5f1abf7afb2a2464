//! The bytes of the Open Inference Protocol and of MLflow's scoring, without a server.

mod fuzz;
mod mlflow;
mod mlflow_csv;
mod mlflow_refused;
pub mod mutate;
mod recorded;
mod round_trip;
mod v2_answers;
mod v2_binary;
mod v2_json;

use zen_core::serving::{Datatype, Tensor, TensorSpec};
use zen_integrations::native::Refusal;
use zen_integrations::native::v2::{self, InferRequest};

/// Reads a request.
fn infer(body: impl Into<Vec<u8>>, json_length: Option<&str>) -> Result<InferRequest, Refusal> {
    v2::parse_infer(&body.into().into(), json_length)
}

/// The message with which a request is refused as the client's fault.
fn refused(body: impl Into<Vec<u8>>, json_length: Option<&str>) -> String {
    let body = body.into();
    match infer(body.clone(), json_length) {
        Err(Refusal::Input(text)) => text,
        other => panic!(
            "expected a refusal of {}, got {other:?}",
            String::from_utf8_lossy(&body)
        ),
    }
}

/// A request with one input `x`.
fn one(datatype: &str, shape: &str, data: &str) -> String {
    format!(r#"{{"inputs":[{{"name":"x","shape":{shape},"datatype":"{datatype}","data":{data}}}]}}"#)
}

/// The only input of a request that must be good.
fn input(body: &str) -> Tensor {
    let mut request = infer(body, None).unwrap_or_else(|error| panic!("{body}: {error}"));
    let mut inputs = request.take_inputs();
    assert_eq!(inputs.len(), 1);
    inputs.remove(0)
}

fn spec(name: &str, datatype: Datatype, shape: &[i64]) -> TensorSpec {
    TensorSpec {
        name: name.into(),
        datatype,
        shape: shape.to_vec(),
    }
}

fn fp32(name: &str, shape: &[usize], values: &[f32]) -> Tensor {
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Tensor::new(name, Datatype::Fp32, shape.to_vec(), data).unwrap()
}
