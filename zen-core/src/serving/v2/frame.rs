//! What requests and answers have in common: JSON, perhaps followed by binary tensors.

use std::borrow::Cow;
use std::collections::HashSet;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::data;
use super::error::quoted;
use super::object::Object;
use super::parameters::Parameters;
use crate::serving::{Datatype, Tensor};

/// NumPy's limit, and more than any model has.
const MOST_DIMENSIONS: usize = 64;

/// A tensor as JSON has it, with its data not yet read.
#[derive(Debug, Deserialize)]
pub(super) struct RawTensor<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    shape: Vec<i64>,
    #[serde(borrow)]
    datatype: Cow<'a, str>,
    parameters: Option<Parameters>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// A body in its two parts.
pub(super) fn split<'a>(body: &'a Bytes, json_length: Option<&str>) -> Result<(&'a str, Tail), String> {
    let (json, rest) = match json_length {
        None => (&body[..], Bytes::new()),
        Some(header) => {
            let length = Some(header.trim())
                .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
            let length = length.and_then(|text| text.parse().ok());
            let length: usize = length.ok_or_else(|| {
                format!(
                    "the header Inference-Header-Content-Length is {}, not a number of bytes",
                    quoted(header)
                )
            })?;
            match body.get(..length) {
                Some(json) => (json, body.slice(length..)),
                None => {
                    return Err(format!(
                        "the header Inference-Header-Content-Length is {length}, and the body has only {} bytes",
                        body.len()
                    ));
                }
            }
        }
    };
    let json = std::str::from_utf8(json).map_err(|error| format!("the JSON is not UTF-8: {error}"))?;
    let tail = Tail {
        rest,
        announced: json_length.is_some(),
    };
    Ok((json, tail))
}

/// Binary tensors that have not been taken yet.
#[derive(Debug)]
pub(super) struct Tail {
    rest: Bytes,
    announced: bool,
}

impl Tail {
    fn take(&mut self, size: u64) -> Result<Bytes, String> {
        match usize::try_from(size) {
            Ok(size) if size <= self.rest.len() => Ok(self.rest.split_to(size)),
            _ if !self.announced => Err(format!(
                "`binary_data_size` is {size}, and no bytes follow the JSON: the header Inference-Header-Content-Length is missing"
            )),
            _ => Err(format!(
                "`binary_data_size` is {size}, and only {} bytes are left in the body",
                self.rest.len()
            )),
        }
    }

    /// That nothing is left.
    pub(super) fn finish(self) -> Result<(), String> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(format!("{left} bytes are left after the last binary tensor")),
        }
    }
}

/// Reads tensors, in order, with names that differ. `kind` is what messages call one.
pub(super) fn tensors(
    raw: Vec<Object<RawTensor<'_>>>,
    tail: &mut Tail,
    kind: &str,
) -> Result<Vec<Tensor>, String> {
    if let Some(name) = repeated(raw.iter().map(|Object(tensor)| &*tensor.name)) {
        return Err(format!("{kind} {} is given twice", quoted(name)));
    }
    let mut tensors = Vec::with_capacity(raw.len());
    for Object(tensor) in raw {
        let name = quoted(&tensor.name);
        tensors.push(self::tensor(tensor, tail).map_err(|reason| format!("{kind} {name}: {reason}"))?);
    }
    Ok(tensors)
}

fn tensor(raw: RawTensor<'_>, tail: &mut Tail) -> Result<Tensor, String> {
    let datatype: Datatype = raw.datatype.parse().map_err(|error| format!("{error}"))?;
    let shape = shape(&raw.shape)?;
    let parameters = raw.parameters.unwrap_or_default();
    if let Some(parameter) = parameters.unsupported {
        return Err(format!("the parameter `{parameter}` is not supported"));
    }
    let data = match (raw.data, parameters.binary_data_size) {
        (Some(data), None) => data::read(data.get(), datatype, &shape)?.into(),
        (None, Some(size)) => tail.take(size)?,
        (None, None) => return Err("it has neither `data` nor the parameter `binary_data_size`".into()),
        (Some(_), Some(_)) => return Err("it has both `data` and the parameter `binary_data_size`".into()),
    };
    Tensor::new(raw.name, datatype, shape, data).map_err(|error| error.to_string())
}

fn shape(raw: &[i64]) -> Result<Vec<usize>, String> {
    if raw.len() > MOST_DIMENSIONS {
        return Err(format!(
            "its shape has {} dimensions, more than {MOST_DIMENSIONS}",
            raw.len()
        ));
    }
    let sizes = raw.iter().map(|size| usize::try_from(*size));
    sizes
        .collect::<Result<_, _>>()
        .map_err(|_| format!("its shape {raw:?} has a size that is negative or too large"))
}

/// The first name that comes a second time.
pub(super) fn repeated<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> Option<&'a str> {
    if names.len() < 2 {
        return None;
    }
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}
