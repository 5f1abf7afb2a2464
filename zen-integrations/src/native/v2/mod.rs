//! The Open Inference Protocol, version 2, over REST: bodies from and to bytes.
//!
//! Reading and writing tensors is [`zen_core::serving::v2`], which says what JSON and the binary extension hold; here is what a server
//! adds to it: its refusals, and what it says of itself and of its models.

mod metadata;

use bytes::Bytes;
use zen_core::serving::Tensor;
use zen_core::serving::v2::{self, V2Error};

use super::Refusal;

pub use metadata::{error_body, model_index, model_metadata, server_metadata};
pub use zen_core::serving::v2::{InferAnswer, InferRequest, WantedOutput, parse_answer, write_request};

/// Reads a request, as [`zen_core::serving::v2::parse_infer`] does. `json_length` is the value of the header
/// `Inference-Header-Content-Length`, if it is there.
///
/// # Errors
/// [`Refusal::Input`] when the body is no request.
pub fn parse_infer(body: &Bytes, json_length: Option<&str>) -> Result<InferRequest, Refusal> {
    v2::parse_infer(body, json_length).map_err(refusal)
}

/// Writes the answer to a request, as [`zen_core::serving::v2::write_infer`] does.
///
/// # Errors
/// [`Refusal::Input`] when the request asks for an output that isn't there or for JSON of a type that has none;
/// [`Refusal::Model`] when an output has a value that JSON can't hold.
pub fn write_infer(
    request: &InferRequest,
    model_name: &str,
    model_version: &str,
    tensors: Vec<Tensor>,
) -> Result<InferAnswer, Refusal> {
    v2::write_infer(request, model_name, model_version, tensors).map_err(refusal)
}

fn refusal(error: V2Error) -> Refusal {
    match error {
        V2Error::Input(reason) => Refusal::Input(reason),
        other => Refusal::Model(other.to_string()),
    }
}
