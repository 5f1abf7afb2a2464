//! `text/csv`: a line of column names, and a line a row.

use csv::{ReaderBuilder, StringRecord};
use serde::de::IgnoredAny;
use zen_core::serving::{Datatype, TensorSpec};

use super::error::quoted;
use super::table::{Form, end, keys, next, places};

/// The rows of a CSV body.
pub(super) fn read(body: &[u8], form: Form<'_>) -> Result<Vec<u8>, String> {
    let mut reader = ReaderBuilder::new().from_reader(body);
    let header = reader.headers().map_err(malformed)?.clone();
    if header.is_empty() {
        return Err("the CSV is empty; its first line must name the columns".into());
    }
    let rows = Rows::new(&header, form)?;
    let mut out = Vec::with_capacity(body.len());
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(malformed)? {
        let line = || record.position().map_or(0, csv::Position::line);
        rows.write(&record, &mut out)
            .map_err(|reason| format!("line {} of the CSV: {reason}", line()))?;
    }
    Ok(end(out))
}

fn malformed(error: csv::Error) -> String {
    format!("the CSV is malformed: {error}")
}

/// How a line becomes a row.
enum Rows<'a> {
    Value(Datatype),
    List(Datatype),
    Object {
        inputs: &'a [TensorSpec],
        places: Vec<usize>,
        keys: Vec<String>,
    },
}

impl<'a> Rows<'a> {
    fn new(header: &StringRecord, form: Form<'a>) -> Result<Self, String> {
        match form {
            Form::Values(input) if header.len() == 1 => Ok(Self::Value(input.datatype)),
            Form::Values(_) => Err(format!(
                "the CSV has {} columns, and the model takes a single value a row",
                header.len()
            )),
            Form::Lists(input) => {
                flat(input, 2)?;
                Ok(Self::List(input.datatype))
            }
            Form::Objects(inputs) => {
                inputs.iter().try_for_each(|input| flat(input, 1))?;
                let columns: Vec<_> = header.iter().collect();
                Ok(Self::Object {
                    inputs,
                    places: places(&columns, inputs)?,
                    keys: keys(inputs),
                })
            }
        }
    }

    fn write(&self, record: &StringRecord, out: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Value(datatype) => {
                next(out, b"");
                cell(record.get(0).unwrap_or_default(), *datatype, out)
            }
            Self::List(datatype) => {
                next(out, b"[");
                for (place, text) in record.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    cell(text, *datatype, out).map_err(|reason| format!("value {place} {reason}"))?;
                }
                out.push(b']');
                Ok(())
            }
            Self::Object { inputs, places, keys } => {
                next(out, b"{");
                for ((input, place), key) in inputs.iter().zip(places).zip(keys) {
                    out.extend_from_slice(key.as_bytes());
                    let text = record.get(*place).unwrap_or_default();
                    cell(text, input.datatype, out)
                        .map_err(|reason| format!("{} {reason}", quoted(&input.name)))?;
                }
                out.push(b'}');
                Ok(())
            }
        }
    }
}

/// That an input has no more dimensions than a line can have.
fn flat(input: &TensorSpec, most: usize) -> Result<(), String> {
    match input.shape.len() <= most {
        true => Ok(()),
        false => Err(format!(
            "input {} is not a single value a column, which CSV can't hold: send JSON",
            quoted(&input.name)
        )),
    }
}

/// Appends a cell's JSON. A number stays as it is written, if that is JSON.
fn cell(text: &str, datatype: Datatype, out: &mut Vec<u8>) -> Result<(), String> {
    if datatype == Datatype::Bytes {
        out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
        return Ok(());
    }
    let word = text.trim();
    let other = match datatype {
        Datatype::Bool => {
            let known = ["true", "false"]
                .into_iter()
                .find(|known| word.eq_ignore_ascii_case(known));
            known.map(str::to_owned)
        }
        _ if is_json_number(word) => Some(word.to_owned()),
        Datatype::Fp32 => finite(word.parse::<f32>().ok()),
        Datatype::Fp16 | Datatype::Bf16 | Datatype::Fp64 => finite(word.parse::<f64>().ok()),
        _ => word.parse::<i128>().ok().map(|number| number.to_string()),
    };
    match other {
        Some(json) => out.extend_from_slice(json.as_bytes()),
        None => return Err(format!("is {}, which is no {datatype}", quoted(text))),
    }
    Ok(())
}

fn is_json_number(word: &str) -> bool {
    word.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && serde_json::from_str::<IgnoredAny>(word).is_ok()
}

/// A number such as `.5` or `+1`, which CSV may have and JSON may not.
fn finite<T: Copy + Into<f64> + std::fmt::LowerExp>(number: Option<T>) -> Option<String> {
    number
        .filter(|number| (*number).into().is_finite())
        .map(|number| format!("{number:e}"))
}
