//! `dataframe_records`: a data frame as a list of objects.

use serde_json::value::RawValue;
use zen_core::serving::TensorSpec;

use super::columns::fields;
use super::table::{Form, elements, end, next, places};

/// The rows of a data frame.
pub(super) fn read(frame: &RawValue, form: Form<'_>) -> Result<Vec<u8>, String> {
    let records = elements(frame, "`dataframe_records`")?;
    match form {
        Form::Objects(inputs) => {
            for (nth, record) in records.into_iter().enumerate() {
                check(record, inputs).map_err(|reason| in_record(nth, &reason))?;
            }
            Ok(frame.get().into())
        }
        Form::Values(_) => {
            let mut out = Vec::with_capacity(frame.get().len());
            for (nth, record) in records.into_iter().enumerate() {
                let fields = fields(record, "it").map_err(|reason| in_record(nth, &reason))?;
                let [(_, value)] = fields.as_slice() else {
                    let found = fields.len();
                    return Err(in_record(
                        nth,
                        &format!("it has {found} fields, and the model takes a single value a row"),
                    ));
                };
                next(&mut out, b"");
                out.extend_from_slice(value.get().as_bytes());
            }
            Ok(end(out))
        }
        Form::Lists(input) => Err(format!(
            "the model has one input, `{}`, with a list a row, and no named columns: send `dataframe_split` or `instances` in place of `dataframe_records`",
            input.name
        )),
    }
}

fn check(record: &RawValue, inputs: &[TensorSpec]) -> Result<(), String> {
    let names: Vec<_> = fields(record, "it")?.into_iter().map(|(name, _)| name).collect();
    places(&names, inputs).map(drop)
}

fn in_record(nth: usize, reason: &str) -> String {
    format!("record {nth} of `dataframe_records`: {reason}")
}
