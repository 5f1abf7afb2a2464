//! JSON payloads.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::table::{Form, object};
use super::{columns, records, split};

const FIELDS: &str = "`dataframe_split`, `dataframe_records`, `instances` and `inputs`";

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    dataframe_split: Option<&'a RawValue>,
    #[serde(borrow)]
    dataframe_records: Option<&'a RawValue>,
    #[serde(borrow)]
    instances: Option<&'a RawValue>,
    #[serde(borrow)]
    inputs: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// The rows of a JSON body.
pub(super) fn read(body: &[u8], form: Form<'_>) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("the body is not UTF-8: {error}"))?;
    let payload: Payload<'_> = object(text, "the body")?;
    if payload
        .params
        .is_some_and(|params| !params.get().starts_with('{'))
    {
        return Err("`params` must be an object".into());
    }
    match payload {
        Payload {
            dataframe_split: Some(frame),
            dataframe_records: None,
            instances: None,
            inputs: None,
            ..
        } => split::read(frame, form),
        Payload {
            dataframe_split: None,
            dataframe_records: Some(frame),
            instances: None,
            inputs: None,
            ..
        } => records::read(frame, form),
        Payload {
            dataframe_split: None,
            dataframe_records: None,
            instances: Some(rows),
            inputs: None,
            ..
        } => as_it_is(rows, "`instances` must be a list of rows"),
        Payload {
            dataframe_split: None,
            dataframe_records: None,
            instances: None,
            inputs: Some(inputs),
            ..
        } => match inputs.get().starts_with('{') {
            true => columns::read(inputs, form),
            false => as_it_is(
                inputs,
                "`inputs` must be a list of rows, or an object with a list for each input",
            ),
        },
        Payload {
            dataframe_split: None,
            dataframe_records: None,
            instances: None,
            inputs: None,
            ..
        } => Err(format!(
            "the body has none of the fields {FIELDS}; exactly one is needed"
        )),
        _ => Err(format!(
            "the body has more than one of the fields {FIELDS}; exactly one is needed"
        )),
    }
}

/// A list of rows.
pub(super) fn as_it_is(rows: &RawValue, otherwise: &str) -> Result<Vec<u8>, String> {
    match rows.get().starts_with('[') {
        true => Ok(rows.get().into()),
        false => Err(otherwise.into()),
    }
}
