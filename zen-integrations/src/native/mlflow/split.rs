//! `dataframe_split`: a data frame as its columns' names and its rows.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::table::{Form, elements, end, keys, next, object, places};

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    columns: Option<&'a RawValue>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// The rows of a data frame.
pub(super) fn read(frame: &RawValue, form: Form<'_>) -> Result<Vec<u8>, String> {
    let frame: Frame<'_> = object(frame.get(), "`dataframe_split`")?;
    let columns = frame
        .columns
        .map(|columns| elements(columns, "the `columns` of `dataframe_split`"))
        .transpose()?;
    let rows = elements(frame.data, "the `data` of `dataframe_split`")?;
    match form {
        Form::Objects(inputs) => {
            let columns =
                columns.ok_or("`dataframe_split` has no `columns`, and the model's inputs have names")?;
            let columns: Vec<_> = columns.into_iter().map(name).collect();
            let (places, keys) = (places(&columns, inputs)?, keys(inputs));
            let mut out = Vec::with_capacity(frame.data.get().len());
            for (nth, row) in rows.into_iter().enumerate() {
                let cells = elements(row, &row_name(nth))?;
                check_length(nth, cells.len(), columns.len())?;
                next(&mut out, b"{");
                for (key, place) in keys.iter().zip(&places) {
                    out.extend_from_slice(key.as_bytes());
                    out.extend_from_slice(cells.get(*place).map_or("null", |cell| cell.get()).as_bytes());
                }
                out.push(b'}');
            }
            Ok(end(out))
        }
        Form::Lists(_) => {
            let mut width = columns.map(|columns| columns.len());
            for (nth, row) in rows.into_iter().enumerate() {
                // Elements without content: this only counts.
                let cells: Vec<IgnoredAny> = serde_json::from_str(row.get())
                    .map_err(|_| format!("{} must be a list", row_name(nth)))?;
                check_length(nth, cells.len(), *width.get_or_insert(cells.len()))?;
            }
            Ok(frame.data.get().into())
        }
        Form::Values(_) => {
            let mut out = Vec::with_capacity(frame.data.get().len());
            let width = columns.map_or(1, |columns| columns.len());
            if width != 1 {
                return Err(format!(
                    "`dataframe_split` has {width} columns, and the model takes a single value a row"
                ));
            }
            for (nth, row) in rows.into_iter().enumerate() {
                let cells = elements(row, &row_name(nth))?;
                check_length(nth, cells.len(), width)?;
                next(&mut out, b"");
                cells
                    .iter()
                    .for_each(|cell| out.extend_from_slice(cell.get().as_bytes()));
            }
            Ok(end(out))
        }
    }
}

/// A column's name; pandas also has columns whose names are numbers or lists.
fn name(column: &RawValue) -> Cow<'_, str> {
    match serde_json::from_str::<String>(column.get()) {
        Ok(name) => name.into(),
        Err(_) => column.get().into(),
    }
}

fn row_name(nth: usize) -> String {
    format!("row {nth} of `dataframe_split`")
}

fn check_length(nth: usize, found: usize, expected: usize) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!(
            "{} has {found} values, and there are {expected} columns",
            row_name(nth)
        )),
    }
}
