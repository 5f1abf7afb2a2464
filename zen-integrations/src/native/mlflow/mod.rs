//! What MLflow's scoring server takes and gives at `/invocations`: payloads from and to the rows of a model.
//!
//! A model with one input has rows that are lists (or single values, when the input's shape is only the batch); a model with several
//! inputs has rows that are objects with a field an input. Every payload is turned into a list of such rows. Numbers are
//! passed on as they are written, digit by digit.
//!
//! | payload | one input | several inputs |
//! |---|---|---|
//! | `dataframe_split` | the values of `data`, in the order of the columns, whose names don't matter | columns and inputs have the same names |
//! | `dataframe_records` | only of single values, with one field a record, whose name doesn't matter | fields and inputs have the same names |
//! | `instances` | as it is | as it is |
//! | `inputs`, a list | as it is | as it is |
//! | `inputs`, an object | the value of the field with the input's name | a list of values for each input |
//! | `text/csv` | as `dataframe_split` | as `dataframe_split`, single values only |
//!
//! "As it is": a model of single values takes `[1.0, 2.0]` and not `[[1.0], [2.0]]`, as its shape says. A model whose rows are a
//! struct of a single field looks like one of single values here; its rows are read from `instances`.

mod columns;
mod csv;
mod error;
mod media;
mod payload;
mod records;
mod split;
mod table;

use zen_core::serving::TensorSpec;

use super::Refusal;
pub use error::error_body;

/// Turns a body into a JSON list of rows, which [`ServedModel::read_json`](zen_core::serving::ServedModel::read_json) takes.
///
/// A JSON body is an object with exactly one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`. An object `params` is
/// accepted and ignored, and so are fields that are not known and the index of a data frame. A body without content type is JSON. CSV
/// has a line of column names first; it is written as RFC 4180 says, numbers also with spaces around them, and the words true and
/// false in any case.
///
/// # Errors
/// [`Refusal::MediaType`] when the body is neither JSON nor CSV; [`Refusal::Input`] when it isn't well-formed, or has not the
/// columns that the model has inputs. What a value must be is the model's matter, which refuses others when it reads the rows.
pub fn read_rows(body: &[u8], content_type: Option<&str>, inputs: &[TensorSpec]) -> Result<Vec<u8>, Refusal> {
    let form = table::Form::of(inputs);
    let rows = match media::read(content_type)? {
        media::Media::Json => payload::read(body, form),
        media::Media::Csv => csv::read(body, form),
    };
    rows.map_err(|reason| Refusal::Input(error::shortened(reason, 1000)))
}

/// The body of an answer: `{"predictions": ..}` around a JSON list.
pub fn write_predictions(json_array: &[u8]) -> Vec<u8> {
    [b"{\"predictions\": ", json_array, b"}"].concat()
}
