//! Requests as a server reads them.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;

use super::V2Error;
use super::error::quoted;
use super::frame::{RawTensor, repeated, split, tensors};
use super::object::Object;
use super::parameters::Parameters;
use crate::serving::Tensor;

/// A request for a prediction.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InferRequest {
    /// The client's name for it, which comes back in the answer.
    pub id: Option<String>,
    /// The tensors to predict, as the client orders them; their names differ.
    pub inputs: Vec<Tensor>,
    /// The outputs the client wants, in the order it wants them; none for all. Their names differ.
    pub outputs: Option<Vec<WantedOutput>>,
    /// Whether outputs are binary of which the client doesn't say it.
    pub binary_output: bool,
}

impl InferRequest {
    /// Takes the inputs out, to be predicted; the rest is needed to write the answer.
    pub fn take_inputs(&mut self) -> Vec<Tensor> {
        std::mem::take(&mut self.inputs)
    }
}

/// An output that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedOutput {
    /// Its name.
    pub name: String,
    /// Whether it shall be binary; none when the client leaves it to [`InferRequest::binary_output`].
    pub binary: Option<bool>,
}

#[derive(Deserialize)]
struct RawRequest<'a> {
    id: Option<String>,
    parameters: Option<Parameters>,
    #[serde(borrow)]
    inputs: Vec<Object<RawTensor<'a>>>,
    #[serde(borrow)]
    outputs: Option<Vec<Object<RawOutput<'a>>>>,
}

#[derive(Deserialize)]
struct RawOutput<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    parameters: Option<Parameters>,
}

/// Reads a request. `json_length` is the value of the header `Inference-Header-Content-Length`, if it is there: the JSON's
/// length when binary tensors follow it. The content type is the caller's matter.
///
/// Fields and parameters that are not known are ignored, an empty list of outputs asks for all of them, and null is as good as
/// absent for `id`, `parameters`, `outputs` and `data`. A shape has at most 64 dimensions. Nothing here knows the model:
/// whether it has such inputs is seen when they are [arranged](crate::serving::arrange).
///
/// # Errors
/// [`V2Error::Input`] when the body is no request, and [nothing else](super#what-json-holds).
pub fn parse_infer(body: &Bytes, json_length: Option<&str>) -> Result<InferRequest, V2Error> {
    read(body, json_length).map_err(V2Error::input)
}

fn read(body: &Bytes, json_length: Option<&str>) -> Result<InferRequest, String> {
    let (json, mut tail) = split(body, json_length)?;
    let Object(raw): Object<RawRequest<'_>> =
        serde_json::from_str(json).map_err(|error| format!("the body is no inference request: {error}"))?;
    let parameters = supported(raw.parameters, "the request")?;
    let inputs = tensors(raw.inputs, &mut tail, "input")?;
    tail.finish()?;
    Ok(InferRequest {
        id: raw.id,
        inputs,
        outputs: raw
            .outputs
            .filter(|outputs| !outputs.is_empty())
            .map(wanted)
            .transpose()?,
        binary_output: parameters.binary_data_output.unwrap_or(false),
    })
}

fn wanted(raw: Vec<Object<RawOutput<'_>>>) -> Result<Vec<WantedOutput>, String> {
    if let Some(name) = repeated(raw.iter().map(|Object(output)| &*output.name)) {
        return Err(format!("output {} is asked for twice", quoted(name)));
    }
    let each = raw.into_iter().map(|Object(output)| {
        let parameters = supported(output.parameters, &format!("output {}", quoted(&output.name)))?;
        Ok(WantedOutput {
            name: output.name.into_owned(),
            binary: parameters.binary_data,
        })
    });
    each.collect()
}

fn supported(parameters: Option<Parameters>, owner: &str) -> Result<Parameters, String> {
    let parameters = parameters.unwrap_or_default();
    match parameters.unsupported {
        Some(parameter) => Err(format!("{owner}: the parameter `{parameter}` is not supported")),
        None => Ok(parameters),
    }
}
