//! The client's side: requests as they are written, and answers as they are read.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{message, shortened};
use super::frame::{RawTensor, split, tensors};
use super::object::Object;
use super::write::{data, put};
use crate::serving::Tensor;

/// Writes a request for all outputs: the body, and the JSON's length when binary tensors follow it, which is the header
/// `Inference-Header-Content-Length` then.
///
/// With `binary`, all tensors are binary. Without, they are JSON, but for those that [JSON can't hold](super#what-json-holds): these
/// are binary in any case. A request with a binary tensor asks for binary outputs too.
pub fn write_request(id: Option<&str>, tensors: &[Tensor], binary: bool) -> (Vec<u8>, Option<usize>) {
    let mut out = Vec::with_capacity(256 + tensors.iter().map(|tensor| tensor.data().len()).sum::<usize>());
    let mut following: Vec<&Tensor> = Vec::new();
    out.push(b'{');
    if let Some(id) = id {
        out.extend_from_slice(b"\"id\":");
        put(&mut out, id);
        out.push(b',');
    }
    out.extend_from_slice(b"\"inputs\":[");
    for (place, tensor) in tensors.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        if !input(tensor, binary, &mut out) {
            following.push(tensor);
        }
    }
    out.push(b']');
    if binary || !following.is_empty() {
        out.extend_from_slice(b",\"parameters\":{\"binary_data_output\":true}");
    }
    out.push(b'}');
    let json_length = (!following.is_empty()).then_some(out.len());
    for tensor in following {
        out.extend_from_slice(tensor.data());
    }
    (out, json_length)
}

/// Writes one input, and answers whether its data is in the JSON.
fn input(tensor: &Tensor, binary: bool, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(b"{\"name\":");
    put(out, tensor.name());
    out.extend_from_slice(b",\"shape\":");
    put(out, tensor.shape());
    out.extend_from_slice(b",\"datatype\":");
    put(out, tensor.datatype().as_str());
    let head = out.len();
    if !binary {
        out.extend_from_slice(b",\"data\":");
        if data(tensor, out).is_ok() {
            out.push(b'}');
            return true;
        }
        out.truncate(head);
    }
    out.extend_from_slice(b",\"parameters\":{\"binary_data_size\":");
    put(out, &tensor.data().len());
    out.extend_from_slice(b"}}");
    false
}

#[derive(Deserialize)]
struct RawAnswer<'a> {
    #[serde(borrow)]
    outputs: Option<Vec<Object<RawTensor<'a>>>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Reads the answer of any server that speaks the protocol: its outputs, in the order it sends them. `json_length` is the value of
/// the header `Inference-Header-Content-Length`, if it is there.
///
/// # Errors
/// A message, when the body is no answer, or is `{"error": ..}`. The status is the caller's matter.
pub fn parse_answer(body: &Bytes, json_length: Option<&str>) -> Result<Vec<Tensor>, String> {
    read(body, json_length).map_err(message)
}

fn read(body: &Bytes, json_length: Option<&str>) -> Result<Vec<Tensor>, String> {
    let (json, mut tail) = split(body, json_length)?;
    let Object(raw): Object<RawAnswer<'_>> = serde_json::from_str(json)
        .map_err(|error| format!("the answer is no inference response: {error}"))?;
    match (raw.outputs, raw.error) {
        (Some(outputs), None) => {
            let outputs = tensors(outputs, &mut tail, "output")?;
            tail.finish()?;
            Ok(outputs)
        }
        (_, Some(error)) => {
            let text = serde_json::from_str(error.get()).unwrap_or_else(|_| error.get().to_owned());
            Err(format!(
                "the server answered with an error: {}",
                shortened(text, 900)
            ))
        }
        (None, None) => Err("the answer is no inference response: `outputs` is missing".into()),
    }
}
