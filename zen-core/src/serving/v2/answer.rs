//! Answers as a server writes them.

use bytes::Bytes;

use super::error::quoted;
use super::write::{Unwritable, data, put};
use super::{InferRequest, V2Error};
use crate::serving::Tensor;

/// An answer's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InferAnswer {
    /// The JSON, and the binary tensors if there are any.
    pub body: Bytes,
    /// The JSON's length when binary tensors follow it: the content type is `application/octet-stream` then, and this
    /// is the header `Inference-Header-Content-Length`. None for `application/json`.
    pub json_length: Option<usize>,
}

/// Writes the answer to a request: the outputs it asks for in its order, or all of them. An empty version is left out.
///
/// # Errors
/// [`V2Error::Input`] when the request asks for an output that isn't among the tensors, or for JSON of an output of type `FP16` or
/// `BF16`; [`V2Error::Answer`] when it wants JSON and an output has a NaN, an infinity or a byte string that is no
/// text. All messages but the first say to ask for binary data.
pub fn write_infer(
    request: &InferRequest,
    model_name: &str,
    model_version: &str,
    tensors: Vec<Tensor>,
) -> Result<InferAnswer, V2Error> {
    let outputs = chosen(request, tensors)?;
    let mut out = Vec::with_capacity(
        256 + outputs
            .iter()
            .map(|(tensor, _)| tensor.data().len())
            .sum::<usize>(),
    );
    out.push(b'{');
    if let Some(id) = &request.id {
        out.extend_from_slice(b"\"id\":");
        put(&mut out, id);
        out.push(b',');
    }
    out.extend_from_slice(b"\"model_name\":");
    put(&mut out, model_name);
    if !model_version.is_empty() {
        out.extend_from_slice(b",\"model_version\":");
        put(&mut out, model_version);
    }
    out.extend_from_slice(b",\"outputs\":[");
    for (place, (tensor, binary)) in outputs.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        output(tensor, *binary, &mut out)?;
    }
    out.extend_from_slice(b"]}");
    let json_length = outputs.iter().any(|(_, binary)| *binary).then_some(out.len());
    for (tensor, _) in outputs.iter().filter(|(_, binary)| *binary) {
        out.extend_from_slice(tensor.data());
    }
    Ok(InferAnswer {
        body: out.into(),
        json_length,
    })
}

/// The tensors to send, and whether each is binary.
fn chosen(request: &InferRequest, tensors: Vec<Tensor>) -> Result<Vec<(Tensor, bool)>, V2Error> {
    let Some(wanted) = &request.outputs else {
        return Ok(tensors
            .into_iter()
            .map(|tensor| (tensor, request.binary_output))
            .collect());
    };
    let find = |name: &str| tensors.iter().find(|tensor| tensor.name() == name).cloned();
    let each = wanted.iter().map(|output| {
        let tensor = find(&output.name).ok_or_else(|| {
            let names: Vec<_> = tensors.iter().map(|tensor| quoted(tensor.name())).collect();
            let name = quoted(&output.name);
            V2Error::input(format!(
                "unexpected output {name}; the model's outputs are {}",
                names.join(", ")
            ))
        })?;
        Ok((tensor, output.binary.unwrap_or(request.binary_output)))
    });
    each.collect()
}

fn output(tensor: &Tensor, binary: bool, out: &mut Vec<u8>) -> Result<(), V2Error> {
    out.extend_from_slice(b"{\"name\":");
    put(out, tensor.name());
    out.extend_from_slice(b",\"datatype\":");
    put(out, tensor.datatype().as_str());
    out.extend_from_slice(b",\"shape\":");
    put(out, tensor.shape());
    if binary {
        out.extend_from_slice(b",\"parameters\":{\"binary_data_size\":");
        put(out, &tensor.data().len());
        out.push(b'}');
    } else {
        out.extend_from_slice(b",\"data\":");
        data(tensor, out).map_err(|reason| refuse(tensor, reason))?;
    }
    out.push(b'}');
    Ok(())
}

fn refuse(tensor: &Tensor, reason: Unwritable) -> V2Error {
    let name = quoted(tensor.name());
    let advice = "ask for binary data, with the request's parameter `binary_data_output`";
    match reason {
        Unwritable::Type => V2Error::input(format!(
            "output {name} is {}, which JSON can't hold: {advice}",
            tensor.datatype()
        )),
        Unwritable::NotFinite => V2Error::answer(format!(
            "output {name} has a NaN or an infinity, which JSON can't hold: {advice}"
        )),
        Unwritable::NotText => V2Error::answer(format!(
            "output {name} has a byte string that is not UTF-8, which JSON can't hold: {advice}"
        )),
    }
}
