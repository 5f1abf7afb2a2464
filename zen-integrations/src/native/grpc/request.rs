//! The tensors of a request, and those of its response.

use std::collections::BTreeMap;

use bytes::Bytes;
use zen_core::serving::{Datatype, Tensor, TensorSpec};

use super::contents;
use super::proto::InferParameter;
use super::proto::model_infer_request::{InferInputTensor, InferRequestedOutputTensor};
use super::proto::model_infer_response::InferOutputTensor;

/// Parameters by which tensors would be elsewhere or something else. Others make no difference.
const UNSUPPORTED: [&str; 2] = ["shared_memory_region", "classification"];

/// Reads the inputs, whose elements are all in `raw`, or all in themselves.
pub(super) fn read_inputs(inputs: Vec<InferInputTensor>, raw: Vec<Bytes>) -> Result<Vec<Tensor>, String> {
    // First, since a tensor that is elsewhere has no contents.
    for input in &inputs {
        check_parameters(&input.parameters).map_err(|reason| told(&input.name, reason))?;
    }
    if raw.is_empty() {
        return inputs.into_iter().map(|input| read(input, None)).collect();
    }
    if raw.len() != inputs.len() {
        return Err(format!(
            "there are {} inputs and {} raw_input_contents; each input must have one, or none may",
            inputs.len(),
            raw.len()
        ));
    }
    inputs
        .into_iter()
        .zip(raw)
        .map(|(input, raw)| read(input, Some(raw)))
        .collect()
}

fn told(name: &str, reason: String) -> String {
    format!("input `{}`: {reason}", name.chars().take(100).collect::<String>())
}

fn read(input: InferInputTensor, raw: Option<Bytes>) -> Result<Tensor, String> {
    let name = input.name;
    let told = |reason| told(&name, reason);
    let datatype: Datatype = input.datatype.parse().map_err(|error| told(format!("{error}")))?;
    let shape = input.shape.iter().map(|size| usize::try_from(*size));
    let Ok(shape) = shape.collect::<Result<Vec<_>, _>>() else {
        return Err(told(format!("the shape {:?} has a size below 0", input.shape)));
    };
    let data = match (raw, input.contents) {
        (Some(raw), None) => raw,
        (Some(raw), Some(typed)) if contents::is_empty(&typed) => raw,
        (Some(_), Some(_)) => {
            return Err(told(
                "it has typed contents although the request has raw_input_contents".into(),
            ));
        }
        (None, typed) => contents::read(datatype, typed.unwrap_or_default()).map_err(told)?,
    };
    Tensor::new(name, datatype, shape, data).map_err(|error| error.to_string())
}

/// The places of the outputs that are wanted, in the order in which they are; of all when none is named.
pub(super) fn wanted(
    requested: &[InferRequestedOutputTensor],
    outputs: &[TensorSpec],
) -> Result<Vec<usize>, String> {
    if requested.is_empty() {
        return Ok((0..outputs.len()).collect());
    }
    let mut places = Vec::with_capacity(requested.len());
    for output in requested {
        let name: String = output.name.chars().take(100).collect();
        check_parameters(&output.parameters).map_err(|reason| format!("output `{name}`: {reason}"))?;
        let Some(place) = outputs.iter().position(|spec| spec.name == output.name) else {
            let names: Vec<_> = outputs.iter().map(|spec| format!("`{}`", spec.name)).collect();
            return Err(format!(
                "unexpected output `{name}`; the model's outputs are {}",
                names.join(", ")
            ));
        };
        if places.contains(&place) {
            return Err(format!("output `{name}` is asked for twice"));
        }
        places.push(place);
    }
    Ok(places)
}

fn check_parameters(parameters: &BTreeMap<String, InferParameter>) -> Result<(), String> {
    match UNSUPPORTED
        .into_iter()
        .find(|name| parameters.contains_key(*name))
    {
        Some(name) => Err(format!("the parameter `{name}` is not supported by this server")),
        None => Ok(()),
    }
}

/// Writes outputs: raw, or typed where they all can be.
pub(super) fn write_outputs(outputs: &[Tensor], raw: bool) -> (Vec<InferOutputTensor>, Vec<Bytes>) {
    let raw = raw
        || !outputs
            .iter()
            .all(|output| contents::has_field(output.datatype()));
    let messages = outputs.iter().map(|output| InferOutputTensor {
        name: output.name().to_owned(),
        datatype: output.datatype().as_str().to_owned(),
        shape: output
            .shape()
            .iter()
            .map(|size| i64::try_from(*size).unwrap_or(i64::MAX))
            .collect(),
        parameters: BTreeMap::new(),
        contents: (!raw).then(|| contents::write(output)),
    });
    let bytes = outputs.iter().filter(|_| raw).map(|output| output.data().clone());
    (messages.collect(), bytes.collect())
}
